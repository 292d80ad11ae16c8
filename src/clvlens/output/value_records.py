"""What `value` leaves behind: tables and plots, and beside them the lists of customers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from clvlens.config import Config
from clvlens.files import whole_folder
from clvlens.output import value_figures as figures
from clvlens.output.page import save_plots
from clvlens.output.records import dump, money_unit, save_tables
from clvlens.output.stamps import write_stamp

WORDS = "words.json"

Tables = Mapping[str, pd.DataFrame]


def write_valuation(
    config: Config, tables: Tables, lists: Tables, words: Mapping[str, object], digest: str
) -> tuple[Path, Path]:
    """Write a valuation as CSV, with plots; return the folder of tables and that of lists.

    Lists name customers, so they lie in a folder of their own, which no server gets. `words` are
    what is said beside the tables, JSON values.
    """
    folder, named = config.data_folder / "value", config.data_folder / "value_customers"
    with whole_folder(named) as temporary:
        save_tables(lists, temporary)
    with whole_folder(folder) as temporary:
        save_tables(tables, temporary)
        save_plots(value_plots(config, tables), temporary / "plots")
        dump(temporary / WORDS, words)
        write_stamp(temporary, digest)
    return folder, named


def value_plots(config: Config, tables: Tables) -> dict[str, Figure]:
    """Return the figures of a valuation, by name."""
    unit = money_unit(config)
    curves, channels = tables["channel_curves"], tables["channels"]
    paid = {
        f"payback_by_{by}": figures.payback_curves(curves, channels, by, config.currency)
        for by in curves["by"].unique()
    }
    return {
        "side_by_side": figures.side_by_side(tables["side_by_side"], unit),
        **paid,
        "retention": figures.retention_gains(tables["retention"]),
        "segments": figures.segment_shares(tables["segments"]),
        "deciles": figures.decile_shares(tables["deciles"]),
        "new_customers": figures.new_customer_worth(tables["new_customers"], config.currency),
    }
