import numpy as np
import pytest

from clvlens.finance.renewal import ShiftedBetaGeometric, fit_renewals, fit_survivors

HIGH_END = ShiftedBetaGeometric(0.668, 3.806)
# Fader and Hardie (2007): how many of 1,000 were left, by year
SURVIVORS = [1000, 869, 743, 653, 593, 551, 517, 491]


def test_retention_rises_with_age_as_those_inclined_to_leave_go_first():
    assert HIGH_END.retention([1, 2, 3]).round(3) == pytest.approx([0.851, 0.878, 0.897])


def test_survival_multiplies_retention():
    assert HIGH_END.survival(5).round(3) == 0.562
    assert HIGH_END.survival(5) == pytest.approx(np.prod(HIGH_END.retention([1, 2, 3, 4, 5])))


def test_residual_lifetimes_are_those_published():
    found = HIGH_END.residual_lifetime([1, 2, 5], 0.1)
    assert found.round(4) == pytest.approx([5.4149, 5.9018, 6.8971])


def test_residual_lifetime_sums_discounted_survival():
    renewals = np.arange(2, 5000)  # the second is due now
    given_the_first = HIGH_END.survival(renewals) / HIGH_END.survival(1)
    summed = (given_the_first / 1.1 ** (renewals - 2)).sum()
    assert HIGH_END.residual_lifetime(2, 0.1) == pytest.approx(summed, rel=1e-6)


def test_the_published_cohort_gives_the_published_parameters():
    found = fit_survivors(SURVIVORS)
    assert (round(found.alpha, 3), round(found.beta, 3)) == (0.668, 3.806)


def test_customers_of_any_age_say_the_same_as_their_cohort():
    lost = -np.diff(SURVIVORS)
    still = [0, 0, 0, 0, 0, 0, 491]
    assert fit_renewals(lost, still) == fit_survivors(SURVIVORS)


def test_young_customers_tell_of_the_first_renewals_alone():
    # of 400, 100 left at the first renewal and 60 of the other 300 at the second
    found = fit_renewals([100, 60], [0, 240])
    assert found.retention([1, 2]) == pytest.approx([0.75, 0.8], abs=1e-3)


def test_what_cannot_be_told_is_refused():
    with pytest.raises(ValueError, match="nobody has left yet"):
        fit_renewals([0, 0], [3, 4])
    with pytest.raises(ValueError, match="everybody left at the first renewal"):
        fit_renewals([9, 0], [0, 0])
    with pytest.raises(ValueError, match="at least three numbers that never rise"):
        fit_survivors([100, 90, 95])
    with pytest.raises(ValueError, match="must be above 0; fit them to survivors"):
        ShiftedBetaGeometric(0, 1)
    with pytest.raises(ValueError, match="count them from 1"):
        HIGH_END.retention(0)
    with pytest.raises(ValueError, match="some customers are expected to stay without an end"):
        HIGH_END.residual_lifetime(1, 0)
