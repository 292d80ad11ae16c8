"""The verbs. Each reads what the former wrote, prints what it wrote, and names the next.

What a verb needs is imported when it is called: `check` should not wait for models.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from clvlens.cli.show import command, completed
from clvlens.cli.stages import Stages, current_stages
from clvlens.cli.verb import TrackedVerb, Verb, is_offline
from clvlens.config import Config, load_config
from clvlens.errors import ClvlensError
from clvlens.files import check_folder
from clvlens.version import __version__

app = typer.Typer(
    name="clvlens",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", help="The YAML that describes the run.")
]
Customers = Annotated[
    int | None,
    typer.Option(min=1, help="A trial on this many customers, kept apart from the full run."),
]
Leaks = Annotated[bool, typer.Option("--leaks", help="Look for columns that know the future.")]
Html = Annotated[Path | None, typer.Option(help="Also write a page on the data's quality.")]
Promote = Annotated[bool, typer.Option("--promote", help="Make this model champion in any case.")]
Cutoff = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Default: the newest midnight."),
]
Out = Annotated[Path | None, typer.Option(help="A .csv or .parquet; default under data/.")]
Reasons = Annotated[
    int, typer.Option(min=0, help="Give reasons for this many customers, highest value first.")
]
ReasonsFor = Annotated[
    Path | None,
    typer.Option(help="Give reasons for the customers in this file, an id a line, instead."),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", help="A folder, or a registered model: champion, 3, models:/name/3."),
]
RawIds = Annotated[
    bool, typer.Option("--raw-ids", help="Write ids that are formulas to a spreadsheet as is.")
]
Written = Annotated[
    Path | None,
    typer.Option(help="A file of predictions; default: made again as of past cutoffs."),
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")]


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clvlens {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_tell_version, is_eager=True, help="Show it and leave."),
]


@app.callback()
def _program(version: Version = False) -> None:
    """Predict what each customer will be worth, who will leave, and why."""


@app.command(cls=Verb)
def init(
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet, Excel, databases, folders.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The YAML to write.")] = Path(
        "clvlens.yaml"
    ),
    currency: Annotated[str | None, typer.Option(help="Three capitals, such as EUR.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is likelier.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Look at your tables, and write a configuration that runs."""
    from clvlens.cli import starting

    stage = current_stages()
    starting.init(files, config, currency, force, yes, stage)
    _name_next(stage, f"clvlens check --config {config}")


@app.command(cls=Verb)
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
    shock: Annotated[str, typer.Option(help="Month in which support collapses: 2024-03.")] = "",
) -> None:
    """Write a business with all histories, whose true lever effects are known."""
    from clvlens.cli import simulating

    stage = current_stages()
    dirt = (noise, seasonality, trend, refunds, late_days, missing, dirty_ids, shock)
    config = simulating.simulate(out, stage, truth, customers, seed, regime, form, *dirt)
    _name_next(stage, f"clvlens check --config {config}")


@app.command(cls=Verb)
def check(
    config: ConfigPath, customers: Customers = None, leaks: Leaks = False, html: Html = None
) -> None:
    """Read every table, say what was found and what is wrong."""
    from clvlens.cli import inspecting

    with _run(config, customers, "panel") as (settings, stage):
        inspecting.check(settings, leaks, html, stage)


@app.command(cls=Verb)
def panel(config: ConfigPath, customers: Customers = None) -> None:
    """Take the snapshots that the roles need: features then, outcomes after."""
    from clvlens.cli import inspecting

    with _run(config, customers, "train") as (settings, stage):
        inspecting.panel(settings, stage)


@app.command(cls=TrackedVerb)
def tune(
    config: ConfigPath,
    trials: Annotated[int | None, typer.Option(min=1, help="Default: 60, or --minutes.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Begin no trial after.")] = None,
    customers: Customers = None,
) -> None:
    """Search better settings on the cutoffs before the test; run again, it goes on."""
    from clvlens.cli import tuning

    with _run(config, customers, None) as (settings, stage):
        is_better = tuning.tune(settings, trials, minutes, stage)
        _name_next(stage, command("train --tuned" if is_better else "train", settings))


@app.command(cls=TrackedVerb)
def train(
    config: ConfigPath,
    customers: Customers = None,
    tuned: Annotated[bool, typer.Option("--tuned", help="Use what tune found.")] = False,
) -> None:
    """Fit value, churn, orders and intervals; keep the model and track the run."""
    from clvlens.cli import learning
    from clvlens.cli.tuning import tuned_settings

    with _run(config, customers, "evaluate") as (settings, stage):
        learning.train(tuned_settings(settings) if tuned else settings, stage)


@app.command(cls=TrackedVerb)
def evaluate(config: ConfigPath, customers: Customers = None, promote: Promote = False) -> None:
    """Grade the model out of time, beside the baselines."""
    from clvlens.cli import learning

    with _run(config, customers, "explain") as (settings, stage):
        learning.evaluate(settings, promote, stage)


@app.command(cls=TrackedVerb)
def explain(config: ConfigPath, customers: Customers = None) -> None:
    """Show in money what the predictions are made of."""
    from clvlens.cli import using

    with _run(config, customers, "levers") as (settings, stage):
        using.explain(settings, stage)


@app.command(cls=TrackedVerb)
def levers(config: ConfigPath, customers: Customers = None) -> None:
    """Say what would change if a lever were moved, with an interval, or why nobody can tell."""
    from clvlens.cli import moving

    with _run(config, customers, None) as (settings, stage):
        is_trained = moving.levers(settings, stage)
        _name_next(stage, command("predict" if is_trained else "train", settings))


@app.command(cls=TrackedVerb)
def predict(
    config: ConfigPath,
    cutoff: Cutoff = None,
    out: Out = None,
    model: ModelName = None,
    reasons: Reasons = 2_000,
    reasons_for: ReasonsFor = None,
    customers: Customers = None,
    raw_ids: RawIds = False,
) -> None:
    """Predict everybody known before a cutoff, into a CSV."""
    from clvlens.cli import using

    with _run(config, customers, "value") as (settings, stage):
        using.predict(settings, cutoff, out, model, reasons_for or reasons, raw_ids, stage)


@app.command(cls=TrackedVerb)
def value(config: ConfigPath, customers: Customers = None) -> None:
    """Say in money what customers, channels and retention are worth, by formula and by model."""
    from clvlens.cli import valuing

    with _run(config, customers, "monitor") as (settings, stage):
        valuing.value(settings, stage)


@app.command(cls=TrackedVerb)
def monitor(config: ConfigPath, predictions: Written = None, customers: Customers = None) -> None:
    """Hold matured predictions against what happened, and tell what moved; 4 is an alarm."""
    from clvlens.cli import watching

    with _run(config, customers, "report") as (settings, stage):
        code = watching.monitor(settings, predictions, stage)
    raise typer.Exit(code)


@app.command(cls=TrackedVerb)
def report(config: ConfigPath, customers: Customers = None) -> None:
    """Put all that the verbs have found on one page: the answer first, then why."""
    from clvlens.cli import reporting

    with _run(config, customers, "ui") as (settings, stage):
        reporting.report(settings, stage)


@app.command(cls=Verb)
def ui(config: ConfigPath, customers: Customers = None, port: Port = 5000) -> None:
    """Serve the experiments, and print the link that opens the newest run."""
    from clvlens.cli import using

    with _run(config, customers, None) as (settings, _):
        using.ui(settings, port)


@app.command(cls=Verb)
def sync(config: ConfigPath, customers: Customers = None) -> None:
    """Send what was kept while the tracking store was away; nothing is sent twice."""
    from clvlens.cli import syncing

    with _run(config, customers, None) as (settings, stage):
        syncing.sync(settings, stage)


@contextmanager
def _run(
    path: Path, customers: int | None, following: str | None
) -> Iterator[tuple[Config, Stages]]:
    """Read a configuration for a verb, and name the following verb when that has ended well.

    Places that cannot be written to are refused before the work. Commands that an error names get
    this command's options.
    """
    config, stage = load_config(path, customers=customers), current_stages()
    if is_offline():
        tracking = config.tracking.model_copy(update={"offline": True})
        config = config.model_copy(update={"tracking": tracking})
    for folder in (config.data_folder, config.model_folder):
        check_folder(folder)
    try:
        yield config, stage
    except ClvlensError as error:
        error.args = (completed(str(error), config),)
        raise
    if following is not None:
        _name_next(stage, command(following, config))


def _name_next(stage: Stages, following: str) -> None:
    stage.end()
    typer.echo(f"Next: {following}")
    stage.found(next=following)
