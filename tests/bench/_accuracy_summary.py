"""The benchmark of accuracy in one table: clvlens beside the best baseline, figure by figure.

python tests/bench/_accuracy_summary.py          # from data/bench/accuracy.csv
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FIGURES = Path(__file__).parents[2] / "data" / "bench" / "accuracy.csv"
NAMES = {
    "complete_journey": "Complete Journey, 90 days",
    "cdnow": "CDNOW, 39 weeks",
    "cdnow_26w": "CDNOW, 26 weeks",
    "ta_feng": "Ta-Feng, 30 days",
    "simulated": "simulated business, 180 days",
}
HIGHER = {"ngini": "nGini", "spearman": "Spearman", "top_decile_capture": "top-10 % capture",
          "auc": "AUC"}  # fmt: skip
LOWER = {"mae": "MAE", "total_bias": "total off by", "log_loss": "log loss", "ece": "ECE"}
ALIKE = "constant mean"  # says the same of everybody: well calibrated, and of no use
OVERALL, LEAST = (0.88, 0.92), 0.86  # that 90 % intervals hold: of everybody, of any group


def summary(figures: pd.DataFrame) -> str:
    """Return a row a data set in Markdown: `clvlens / best baseline`, bold where no baseline wins.

    Figures are means over cutoffs; of the total, its size. The best is another baseline in each
    column, and never the one that tells no customers apart.
    """
    figures = figures.assign(total_bias=figures["total_bias"].abs())
    means = figures.groupby(["data_set", "method"], sort=False)[[*HIGHER, *LOWER]].mean()
    names = {**HIGHER, **LOWER}
    rows = [["data set", *names.values()], ["---"] * (1 + len(names))]
    for data_set, own in means.groupby("data_set", sort=False):
        own = own.droplevel("data_set").drop(ALIKE)
        model = own.loc["clvlens"]
        rivals = own.drop("clvlens")[lambda t: ~t.index.str.startswith("part: ")]
        rows.append([NAMES[str(data_set)], *(_cell(model[m], rivals[m], m) for m in names)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def intervals(figures: pd.DataFrame) -> str:
    """Return a row a cutoff in Markdown: what 90 % intervals hold of all, and of the worst group.

    Bold where it is too little, or too much of all.
    """
    own = figures[figures["method"] == "clvlens"]
    rows = [["90 % intervals", "cutoff", "all", "least", "of"], ["---"] * 5]
    for data_set, cutoffs in own.groupby("data_set", sort=False):
        names = [NAMES[str(data_set)], *[""] * (len(cutoffs) - 1)]
        for name, row in zip(names, cutoffs.itertuples(), strict=True):
            everybody = _held(row.coverage_90, *OVERALL)
            rows.append([name, row.cutoff, everybody, _held(row.coverage_worst, LEAST),
                         row.worst_group])  # fmt: skip
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _held(share: float, least: float, most: float = 1.0) -> str:
    return f"{share:.3f}" if least <= share <= most else f"**{share:.3f}**"


def _cell(model: float, rivals: pd.Series, metric: str) -> str:
    best = rivals.max() if metric in HIGHER else rivals.min()
    ours, theirs = (_number(value, metric) for value in (model, best))
    wins = model >= best if metric in HIGHER else model <= best
    return f"**{ours}** / {theirs}" if wins or ours == theirs else f"{ours} / {theirs}"


def _number(value: float, metric: str) -> str:
    if metric == "total_bias":
        return f"{value:.1%}".replace("%", " %")
    return f"{value:.3f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    figures = pd.read_csv(FIGURES)
    print(f"{summary(figures)}\n\n{intervals(figures)}")
