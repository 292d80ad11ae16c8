import json

import numpy as np
import pandas as pd
import pytest

from clvlens.errors import ModelError
from clvlens.models.encoding import Encoder, fit_encoder
from clvlens.panel.panel import FeatureInfo

AGE = FeatureInfo("age", "Age", "years", "customers", "", False)
SPEND = FeatureInfo("spend", "Money spent", "EUR", "orders", "", False)
CHANNEL = FeatureInfo("channel", "Where they came from", "category", "customers", "", True)
FEATURES = (SPEND, CHANNEL, AGE)


def frame_of(channels, **numbers):
    return pd.DataFrame({"channel": channels, **numbers})


# --- what is read


def test_numbers_stay_and_a_known_value_becomes_an_indicator():
    fit = frame_of(["web", "shop", None], age=[20, 30, 40], spend=[1.5, np.nan, 3])
    encoded = fit_encoder(fit, FEATURES).encode(fit)
    expected = pd.DataFrame(
        {
            "spend": [1.5, np.nan, 3.0],
            "age": [20.0, 30.0, 40.0],
            "channel=shop": [0.0, 1.0, 0.0],
            "channel=web": [1.0, 0.0, 0.0],
        }
    )
    pd.testing.assert_frame_equal(encoded, expected)


@pytest.mark.parametrize("dtype", [object, "str", "string", "category"])
def test_text_is_text_however_it_is_kept(dtype):
    frame = frame_of(pd.array(["web", "shop", None], dtype=dtype))
    encoder = fit_encoder(frame, [CHANNEL])
    assert encoder.categories == {"channel": ("shop", "web")}
    assert encoder.encode(frame).to_numpy().tolist() == [[0, 1], [1, 0], [0, 0]]


def test_unseen_and_missing_categories_have_no_indicator():
    encoder = fit_encoder(frame_of(["web", "shop"]), [CHANNEL])
    unseen = frame_of(["fax", None, np.nan, ""])
    assert encoder.encode(unseen).to_numpy().tolist() == [[0, 0]] * 4


def test_a_category_of_fewer_than_one_row_in_a_hundred_is_not_told_apart():
    fit = frame_of(["web"] * 197 + ["shop"] * 2 + ["fax"])
    assert fit_encoder(fit, [CHANNEL]).categories == {"channel": ("shop", "web")}


def test_the_twenty_most_frequent_categories_are_told_apart():
    # a to y, once each; of b, c and so on to f there are two.
    letters = [chr(code) for code in range(ord("a"), ord("z"))]
    fit = frame_of(letters + letters[1:6])
    kept = fit_encoder(fit, [CHANNEL]).categories["channel"]
    # b to f, then by name: a and g to t.
    assert "".join(kept) == "abcdefghijklmnopqrst"
    shuffled = fit.sample(frac=1, random_state=1)
    assert fit_encoder(shuffled, [CHANNEL]).categories["channel"] == kept
    rare_first = frame_of(letters + letters[-1:])
    assert "".join(fit_encoder(rare_first, [CHANNEL]).categories["channel"])[-1] == "y"


def test_a_value_that_names_a_customer_is_no_category():
    fit = frame_of(["web", "jane@mail.example", "c7", "+33 6 12 34 56 78"] * 5)
    fit["customer_id"] = [f"c{number}" for number in range(len(fit))]
    assert fit_encoder(fit, [CHANNEL]).categories["channel"] == ("web",)


def test_what_is_the_same_in_every_fit_row_is_not_read():
    fit = frame_of(["web"] * 3, age=[np.nan] * 3, spend=[7.0] * 3)
    assert fit_encoder(fit, FEATURES) == Encoder((), {})


def test_being_known_or_not_is_a_difference():
    fit = frame_of(["web", None], age=[30, np.nan], spend=[0, 0])
    assert fit_encoder(fit, FEATURES) == Encoder(("age",), {"channel": ("web",)})


def test_columns_name_the_features_that_they_come_from():
    encoder = Encoder(("age",), {"channel": ("shop", "web")})
    assert dict(zip(encoder.columns, encoder.sources, strict=True)) == {
        "age": "age",
        "channel=shop": "channel",
        "channel=web": "channel",
    }


# --- what is kept


def test_columns_keep_their_order_whatever_json_does_to_keys():
    encoder = Encoder(("spend", "age"), {"where": ("web", "shop"), "channel": ("b", "a")})
    copy = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict(), sort_keys=True)))
    assert copy == encoder
    assert copy.columns == [
        "spend", "age", "where=web", "where=shop", "channel=b", "channel=a"
    ]  # fmt: skip


def test_columns_are_in_the_encoders_order_not_the_frames():
    encoder = Encoder(("spend", "age"), {})
    frame = pd.DataFrame({"other": [0], "age": [30], "spend": [5]})
    assert encoder.encode(frame).to_numpy().tolist() == [[5, 30]]


def test_rows_keep_their_index():
    encoder = Encoder(("age",), {"channel": ("web",)})
    frame = frame_of(["web", "shop"], age=[1, 2]).set_axis([7, 3])
    assert encoder.encode(frame).index.tolist() == [7, 3]


def test_a_missing_feature_is_named_with_the_nearest_one():
    encoder = Encoder(("age", "spend"), {"channel": ("web",)})
    with pytest.raises(
        ModelError,
        match=r"2 of the features .* first 'spend': predict from .* did you mean 'spent'\?",
    ):
        encoder.encode(pd.DataFrame({"age": [1.0], "spent": [2.0]}))


def test_a_constant_is_read_where_somebody_needs_it():
    fit = frame_of(["web", "web"], age=[20, 20], spend=[1, 1])
    assert fit_encoder(fit, FEATURES).columns == []
    assert fit_encoder(fit, FEATURES, keep={"age"}).columns == ["age"]
