"""The verbs. Each reads what the former wrote, prints what it wrote, and names the next.

What a verb needs is imported when it is called: `check` should not wait for models.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from clvlens.cli.show import Stages
from clvlens.config import load_config

app = typer.Typer(
    name="clvlens",
    help="Predict what each customer will be worth, who will leave, and why.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", help="The YAML that describes the run.")
]
Customers = Annotated[
    int | None, typer.Option(min=1, help="Keep only this many customers, for a quick trial.")
]
Leaks = Annotated[bool, typer.Option("--leaks", help="Look for columns that know the future.")]
Promote = Annotated[bool, typer.Option("--promote", help="Make this model champion in any case.")]
Cutoff = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Default: the newest midnight."),
]
Out = Annotated[Path | None, typer.Option(help="A .csv or .parquet; default under data/.")]
Reasons = Annotated[
    int, typer.Option(min=0, help="Give reasons for this many customers, highest value first.")
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", help="A folder, or a registered model: champion, 3, models:/name/3."),
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")]


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="A new folder, or one that this verb wrote.")],
    customers: Annotated[int, typer.Option(min=1, help="How many customers to simulate.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other customers.")] = 1,
    regime: Annotated[str, typer.Option(help="clean, hidden, sharp, drift or heavy.")] = "clean",
    form: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
    truth: Annotated[
        bool, typer.Option("--truth", help="Also what each lever truly does.")
    ] = False,
    noise: Annotated[float, typer.Option(help="Times the usual spread of order amounts.")] = 1.0,
    seasonality: Annotated[float, typer.Option(help="Swing of demand over the year.")] = 0.15,
    trend: Annotated[float, typer.Option(help="Growth of prices a year.")] = 0.0,
    refunds: Annotated[float, typer.Option(help="Share of orders given back.")] = 0.03,
    late_days: Annotated[float, typer.Option(help="Rows arrive up to so many days late.")] = 0.0,
    missing: Annotated[float, typer.Option(help="Share of optional values left empty.")] = 0.0,
    dirty_ids: Annotated[float, typer.Option(help="Share of ids written in other ways.")] = 0.0,
) -> None:
    """Write a business with all histories, whose true lever effects are known."""
    from clvlens.cli import simulating

    stage = Stages()
    dirt = (noise, seasonality, trend, refunds, late_days, missing, dirty_ids)
    config = simulating.simulate(out, stage, truth, customers, seed, regime, form, *dirt)
    stage.end()
    _next("check", config)


@app.command()
def check(config: ConfigPath, customers: Customers = None, leaks: Leaks = False) -> None:
    """Read every table, say what was found and what is wrong."""
    from clvlens.cli import inspecting

    stage = Stages()
    inspecting.check(load_config(config, customers=customers), leaks, stage)
    stage.end()
    _next("panel", config)


@app.command()
def panel(config: ConfigPath, customers: Customers = None) -> None:
    """Take the snapshots that the roles need: features then, outcomes after."""
    from clvlens.cli import inspecting

    stage = Stages()
    inspecting.panel(load_config(config, customers=customers), stage)
    stage.end()
    _next("train", config)


@app.command()
def train(config: ConfigPath, customers: Customers = None) -> None:
    """Fit value, churn, orders and intervals; keep the model and track the run."""
    from clvlens.cli import learning

    stage = Stages()
    learning.train(load_config(config, customers=customers), stage)
    stage.end()
    _next("evaluate", config)


@app.command()
def evaluate(config: ConfigPath, customers: Customers = None, promote: Promote = False) -> None:
    """Grade the model out of time, beside the baselines."""
    from clvlens.cli import learning

    stage = Stages()
    learning.evaluate(load_config(config, customers=customers), promote, stage)
    stage.end()
    _next("explain", config)


@app.command()
def explain(config: ConfigPath, customers: Customers = None) -> None:
    """Show in money what the predictions are made of."""
    from clvlens.cli import using

    stage = Stages()
    using.explain(load_config(config, customers=customers), stage)
    stage.end()
    _next("predict", config)


@app.command()
def predict(
    config: ConfigPath,
    cutoff: Cutoff = None,
    out: Out = None,
    model: ModelName = None,
    reasons: Reasons = 2_000,
    customers: Customers = None,
) -> None:
    """Predict everybody known before a cutoff, into a CSV."""
    from clvlens.cli import using

    stage = Stages()
    using.predict(load_config(config, customers=customers), cutoff, out, model, reasons, stage)
    stage.end()
    _next("ui", config)


@app.command()
def ui(config: ConfigPath, port: Port = 5000) -> None:
    """Serve the experiments, and print the link that opens the newest run."""
    from clvlens.cli import using

    using.ui(load_config(config), port)


def _next(verb: str, config: Path) -> None:
    typer.echo(f"Next: clvlens {verb} --config {config}")
