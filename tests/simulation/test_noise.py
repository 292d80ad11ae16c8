import numpy as np
import pytest

from clvlens.simulation.noise import BLOCK, Noise, blocks


def test_a_number_depends_on_the_seed_the_block_the_name_and_the_customer():
    first = Noise(seed=1).uniform("need")
    assert (Noise(seed=1).uniform("need") == first).all()
    for other in (Noise(seed=2).uniform("need"), Noise(seed=1, block=1).uniform("need")):
        assert (other != first).all()
    assert (Noise(seed=1).uniform("wealth") != first).all()


def test_a_customers_luck_does_not_depend_on_how_many_there_are():
    few, many = Noise(seed=1, size=10), Noise(seed=1)
    assert (few.normal("amount", 3) == many.normal("amount", 3)[:10]).all()


def test_numbers_do_not_depend_on_what_was_drawn_before():
    noise = Noise(seed=1)
    noise.uniform("something else")
    assert (noise.uniform("need") == Noise(seed=1).uniform("need")).all()


def test_uniform_and_normal_numbers_are_spread_as_named():
    noise = Noise(seed=1)
    assert noise.uniform("u", 20).mean() == pytest.approx(0.5, abs=0.005)
    assert noise.normal("n", 20).std() == pytest.approx(1, abs=0.01)
    assert np.ptp(noise.uniform("u", 20)) < 1


def test_blocks_hold_all_customers_and_no_more():
    assert [noise.size for noise in blocks(1, 2 * BLOCK + 7)] == [BLOCK, BLOCK, 7]
    assert [noise.block for noise in blocks(1, 2 * BLOCK + 7)] == [0, 1, 2]
