"""A history takes one file, and nothing else needs to know of it."""

import importlib
import sys
from textwrap import dedent

import pytest
from tests.support.business import configure

from clvlens import histories
from clvlens.histories import discover
from clvlens.panel.panel import make_panel

PARCELS = '''
    """What was sent to customers."""

    from clvlens.histories.base import Column, History, Lever
    from clvlens.histories.past import EVER


    def features(past):
        late = lambda t: t.delivered_at > t.promised_at
        past = past.derive("late", late, needs=["delivered_at", "promised_at"])
        yield from past.count(windows=(5, EVER))
        yield from past.share("late")
        yield from past.latest("weight", unit="kg")


    HISTORY = History(
        name="parcels",
        meaning="What was sent to customers",
        noun="parcels",
        time="sent_at",
        columns=(
            Column("customer_id", "id", "the customer", required=True),
            Column("sent_at", "time", "when the parcel left", required=True),
            Column("promised_at", "time", "when it was due", known_at="sent_at"),
            Column("delivered_at", "time", "when it arrived"),
            Column("weight", "number", "kilograms"),
        ),
        example=(
            {"customer_id": "A", "sent_at": "2024-01-01", "promised_at": "2024-01-03",
             "delivered_at": "2024-01-02", "weight": 1.5},
            {"customer_id": "A", "sent_at": "2024-01-08", "promised_at": "2024-01-10",
             "delivered_at": "2024-01-14", "weight": 2},
            {"customer_id": "B", "sent_at": "2024-01-09", "promised_at": "2024-01-11",
             "delivered_at": "2024-01-13", "weight": 0.5},
        ),
        features=features,
        levers=(Lever("delivery", "how punctual parcels are", ("parcels__late_share",)),),
    )
'''


@pytest.fixture
def folder(tmp_path):
    """A folder whose modules are histories while the test lasts."""
    place = tmp_path / "histories"
    place.mkdir()
    histories.__path__.append(str(place))
    discover.cache_clear()
    importlib.invalidate_caches()
    yield place
    histories.__path__.remove(str(place))
    for file in place.glob("*.py"):
        sys.modules.pop(f"clvlens.histories.{file.stem}", None)
        vars(histories).pop(file.stem, None)
    discover.cache_clear()


def test_a_new_history_needs_one_file_to_be_read_checked_and_turned_into_features(folder, tmp_path):
    (folder / "parcels.py").write_text(dedent(PARCELS), encoding="utf-8")
    days = [f"2024-01-{day:02d}" for day in range(1, 31)]
    tables = {
        "orders": [{"customer_id": "A", "ordered_at": day, "amount": 1} for day in days],
        "parcels": list(discover()["parcels"].example),
    }
    config = configure(
        tmp_path,
        tables,
        target={"horizon_days": 5},
        cutoffs={"fit": ["2024-01-10"], "test": ["2024-01-15"]},
    )
    panel = make_panel(config)
    ours = [feature for feature in panel.features if feature.history == "parcels"]
    assert [(f.name, f.unit, f.lever) for f in ours] == [
        ("parcels__count_5d", "parcels", ""),
        ("parcels__count_ever", "parcels", ""),
        ("parcels__late_share_ever", "share", "delivery"),
        ("parcels__last_weight", "kg", ""),
    ]
    frame = panel.frame.set_index(["role", "customer_id"])[[feature.name for feature in ours]]
    assert frame.loc["fit", "A"].tolist()[:2] == [1, 2]
    assert frame.loc["fit", "A"].tolist()[3] == 2
    assert frame.loc["test", "A"].tolist() == [0, 2, 0.5, 2]
    assert frame.loc["test", "B"].tolist() == [0, 1, 1, 0.5]


def test_a_parcel_under_way_is_not_late_yet(folder, tmp_path):
    """On the 10th, A's second parcel is under way: whether it is late, nobody knows."""
    (folder / "parcels.py").write_text(dedent(PARCELS), encoding="utf-8")
    orders = [{"customer_id": "A", "ordered_at": f"2024-01-{day}", "amount": 1} for day in (1, 30)]
    tables = {"orders": orders, "parcels": list(discover()["parcels"].example)}
    cutoffs = {"fit": ["2024-01-10"], "test": ["2024-01-15"]}
    panel = make_panel(configure(tmp_path, tables, target={"horizon_days": 5}, cutoffs=cutoffs))
    assert panel.rows("fit").set_index("customer_id")["parcels__late_share_ever"]["A"] == 0


def test_a_module_without_a_history_is_refused(folder):
    (folder / "parcels.py").write_text("WEIGHT = 1\n", encoding="utf-8")
    with pytest.raises(TypeError, match=r"histories/parcels.py needs HISTORY = History\('parcels'"):
        discover()


def test_a_history_of_another_name_than_its_module_is_refused(folder):
    (folder / "packets.py").write_text(dedent(PARCELS), encoding="utf-8")
    with pytest.raises(TypeError, match=r"histories/packets.py needs HISTORY = History\('packets'"):
        discover()


def test_a_history_whose_clock_is_no_column_is_refused(folder):
    text = dedent(PARCELS).replace('known_at="sent_at"', 'known_at="posted_at"')
    (folder / "parcels.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"parcels names columns it lacks: \['posted_at'\]"):
        discover()


def test_orders_come_first_because_they_define_value():
    assert next(iter(discover())) == "orders"
