"""How well effects of levers are recovered, on simulated businesses whose truth is known.

    make bench-levers                                    # what is committed, resumed where it ended
    .venv/bin/python tests/bench/levers.py --regimes clean --sizes 10000 --seeds 24 --others 4
    .venv/bin/python tests/bench/levers.py --levers newsletter --first 201 --seeds 100

Money is per customer who signed up, eligible or not, so that levers can be ranked. Truth is
measured once a regime on 400,000 other customers and kept in data/bench/levers_truth.csv.
Rows are appended to data/bench/levers.csv after each run, so that an interrupted bench goes on.
Scored are seeds below 100, and of the null lever alone also 201 to 300; nothing is settled on them:
what is tried, is tried on seeds from 101 to 200.

Beside clvlens stand a naive difference, and for the first seeds: DoubleML, where it is installed;
mean |SHAP| of a model on a snapshot 360 days before the end; and what that model says if the
lever's feature is moved.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from _lever_plot import draw
from _lever_rivals import doubly_robust_elsewhere, shap_and_what_if
from _lever_scores import by_lever, markdown, score

from clvlens.config import load_config
from clvlens.levers import gates
from clvlens.levers.effects import study
from clvlens.levers.findings import describe
from clvlens.levers.nuisances import prepare, propensities, repeat
from clvlens.levers.trials import Trial, run_trials
from clvlens.panel.world import World, read_world
from clvlens.simulation import Settings, measure, write
from clvlens.simulation.noise import blocks
from clvlens.simulation.tables import inhabit
from clvlens.simulation.truth import EFFECTS, effects

BENCH = Path(__file__).parents[2] / "data" / "bench"
TABLE, TRUTH = BENCH / "levers.csv", BENCH / "levers_truth.csv"
PICTURE, SHOWN = Path(__file__).parents[2] / "docs" / "levers.png", 10_000  # customers
HORIZON = 360
REGIMES = ["clean", "hidden", "sharp", "drift", "heavy"]
COLUMNS = ("seed", "size", "regime", "lever", "method", "truth", "estimate", "low", "high",
           "verdict", "bound_low", "bound_high", "restricted_truth", "seconds")  # fmt: skip

# Our levers by the simulator's names; the first of a lever's policies is meant.
LEVERS = {
    "annual_billing": "annual billing", "onboarding": "guided onboarding",
    "bundle": "bundle offer", "dunning": "dunning", "card_updater": "card updater",
    "no_card_failure": "card failures", "cart_email": "cart e-mail",
    "first_response": "response time", "out_of_hours": "out-of-hours support",
    "loyalty": "loyalty programme", "newsletter": "newsletter",
    "recommendations": "recommendations", "special_day": "special-day message",
}  # fmt: skip


def main() -> None:
    """Run what is missing, then print the table of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regimes", nargs="+", default=REGIMES, choices=REGIMES)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000])
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--others", type=int, default=2, help="seeds on which rivals are run too")
    parser.add_argument("--levers", nargs="+", default=list(LEVERS), choices=LEVERS)
    parser.add_argument("--table", type=Path, default=TABLE)
    asked = parser.parse_args()
    for regime in asked.regimes:
        for size in asked.sizes:
            for seed in range(asked.first, asked.first + asked.seeds):
                if not _is_done(asked.table, regime, size, seed):
                    rivals = seed <= asked.others
                    _append(asked.table, run(regime, size, seed, asked.levers, rivals=rivals))
    found = pd.read_csv(asked.table)
    print(markdown(score(found)))
    clean = found[(found["regime"] == "clean") & (found["size"] == SHOWN)]
    if len(clean):
        print(f"\n{markdown(by_lever(clean))}")
        draw(clean, PICTURE)


def run(
    regime: str, size: int, seed: int, wanted: Sequence[str] = tuple(LEVERS), *, rivals: bool
) -> pd.DataFrame:
    """Return one row a lever and method."""
    truth = true_effects(regime)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(customers=size, seed=seed, regime=regime)
        write(settings, Path(folder) / "business")
        world = read_world(load_config(Path(folder) / "business" / "config.yaml"))
        began = time.monotonic()
        rows = list(_studied(world, settings, wanted, rivals=rivals))
        if rivals:
            rows += shap_and_what_if(world, LEVERS, HORIZON)
    frame = pd.DataFrame(rows).assign(seed=seed, size=size, regime=regime)
    frame["truth"] = frame["lever"].map(truth)
    print(f"{regime} {size:,} seed {seed}: {time.monotonic() - began:.0f} s", flush=True)
    return frame.reindex(columns=list(COLUMNS))


def _studied(
    world: World, settings: Settings, wanted: Sequence[str], *, rivals: bool
) -> Iterator[dict]:
    """Yield what clvlens, the naive difference and DoubleML say of each lever."""
    names = {LEVERS[theirs]: theirs for theirs in wanted}
    levers = [lever for lever in world.config.levers.studied() if lever.name in names]
    began = time.monotonic()
    trials = run_trials(world, levers, HORIZON)
    shared = (time.monotonic() - began) / len(trials)
    for trial in trials:
        assert isinstance(trial, Trial), trial.reason
        began, name = time.monotonic(), names[trial.lever.name]
        found = study(trial, describe(trial.lever, "USD"))
        share = found.eligible_customers / trial.cohort
        restricted = (
            share * _restricted_truth(settings, trial, name) if found.population else np.nan
        )
        yield {
            "lever": name, "method": "clvlens", "estimate": found.effect_per_customer,
            "low": found.customer_low_95, "high": found.customer_high_95, "verdict": found.evidence,
            "bound_low": found.bound_low * share, "bound_high": found.bound_high * share,
            "restricted_truth": restricted, "seconds": shared + time.monotonic() - began,
        }  # fmt: skip
        yield {
            "lever": name,
            "method": "naive",
            "estimate": found.raw_difference * trial.eligible / trial.cohort,
        }
        if rivals:
            yield from doubly_robust_elsewhere(trial, name)


def _restricted_truth(settings: Settings, trial: Trial, name: str) -> float:
    """Return the true effect, per eligible, on those whom a restricted estimate is about."""
    repeats = repeat(prepare(trial.X, trial.customers), trial.customers)
    likely = np.mean([propensities(rows, trial.arm) for rows in repeats], axis=0)
    members = trial.customers[gates.overlap(likely)[1]]
    wanted = [effect for effect in EFFECTS if effect.name == name]
    own = []
    for noise in blocks(settings.seed, settings.customers):
        world = inhabit(noise, settings)
        ids = [f"C{index:07d}" for index in world.people.index]
        own.append(effects(world, wanted).set_axis(ids)[name])
    return float(pd.concat(own).reindex(np.unique(members)).mean())


def true_effects(regime: str) -> pd.Series:
    """Return USD per customer by lever, measured once and kept."""
    known = pd.read_csv(TRUTH) if TRUTH.exists() else pd.DataFrame(columns=["regime"])
    if regime not in set(known["regime"]):
        fresh = measure(Settings(regime=regime)).assign(regime=regime)
        known = pd.concat([known, fresh], ignore_index=True)
        known.to_csv(TRUTH, index=False, float_format="%.6g")
    known = known[(known["regime"] == regime) & (known["policy"] != "sustained")]
    return known.set_index("lever")["per_customer_usd"]


def _is_done(table: Path, regime: str, size: int, seed: int) -> bool:
    if not table.exists():
        return False
    known = pd.read_csv(table, usecols=["regime", "size", "seed"])
    return bool((known[["regime", "size", "seed"]] == [regime, size, seed]).all(axis=1).any())


def _append(table: Path, rows: pd.DataFrame) -> None:
    rows.to_csv(table, mode="a", header=not table.exists(), index=False, float_format="%.5g")


if __name__ == "__main__":
    main()
