"""Rivals from other libraries on one cutoff: run by `accuracy.py`, in an environment of their own.

    python tests/bench/_accuracy_peers.py METHOD RIVAL.npz PREDICTED.npz

Needs numpy, pandas and the library, and nothing of clvlens. Reads what `_accuracy_outside.py`
wrote, writes `value` and `churn` of the test rows, and prints seconds and peak memory as JSON.
Exits with 3 where the library is absent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from _speed_peers import ABSENT, peak_mb

SEED, EPOCHS, BATCH, PATIENCE = 7, 100, 512, 8
HELD = 0.15  # of customers, on whom the network's training is stopped

Given = Mapping[str, np.ndarray]
Told = tuple[np.ndarray, np.ndarray]


def main() -> None:
    """Run one method and write what it says."""
    method, given, out = sys.argv[1:]
    try:
        work = METHODS[method]()
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(ABSENT)
    began = time.monotonic()
    value, churn = work(np.load(given, allow_pickle=False))
    seconds = time.monotonic() - began
    np.savez(out, value=value, churn=churn)
    print(json.dumps({"seconds": round(seconds, 1), "peak_mb": round(peak_mb())}))


def with_pymc_marketing(kind: str) -> Callable[[Given], Told]:
    """Return expected orders × expected spend by PyMC-Marketing: MAP with its default priors."""
    from pymc_marketing import clv

    def work(given: Given) -> Told:
        data = pd.DataFrame(
            {
                "customer_id": np.arange(len(given["x"])),
                "frequency": given["x"],
                "recency": given["t_x"],
                "T": given["T"],
                "monetary_value": given["spend"],
            }
        )
        weeks = float(given["weeks"])
        orders = getattr(clv, kind)(data=data)
        orders.fit(method="map")
        spend = clv.GammaGammaModel(data=data.query("frequency > 0 and monetary_value > 0"))
        spend.fit(method="map")
        came = _mean(orders.expected_purchases(data, future_t=weeks))
        each = _mean(spend.expected_customer_spend(data))
        if hasattr(orders, "expected_probability_no_purchase"):
            silent = _mean(orders.expected_probability_no_purchase(weeks, data=data))
        else:
            silent = _mean(
                orders.expected_purchase_probability(data, n_purchases=0, future_t=weeks)
            )
        return came * each * float(given["rate"]), silent

    return work


def _mean(draws: object) -> np.ndarray:
    found = draws.mean(("chain", "draw"))  # type: ignore[attr-defined]
    return np.asarray(found, dtype=float).ravel()


def with_network() -> Callable[[Given], Told]:
    """Return a network of 64 and 32 units with the heads and loss of ZILN.

    Wang, Liu and Miao (2019), "A Deep Probabilistic Model for Customer Lifetime Value Prediction".
    """
    import torch

    def work(given: Given) -> Told:
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
        fit, test = _scaled(given["fit"], given["test"])
        held = np.isin(given["customers"], _held(given["customers"]))
        X, y = (torch.tensor(values, dtype=torch.float32) for values in (fit, given["money"]))
        network = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], 64), torch.nn.ReLU(), torch.nn.Linear(64, 32),
            torch.nn.ReLU(), torch.nn.Linear(32, 3),
        )  # fmt: skip
        _learn(network, X[~held], y[~held], X[held], y[held])
        with torch.no_grad():
            scores = network(torch.tensor(test, dtype=torch.float32))
            chance = torch.sigmoid(scores[:, 0])
            sigma = torch.nn.functional.softplus(scores[:, 2])
            value = chance * torch.exp(scores[:, 1] + sigma**2 / 2)
        stretch = float(given["horizon_days"] / given["label_days"])
        silent = (1 - chance.numpy().astype(float)) ** stretch
        return value.numpy().astype(float) * stretch, silent

    def loss(scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        paid = (y > 0).float()
        chance = torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], paid)
        sigma = torch.nn.functional.softplus(scores[:, 2]).clamp(min=1e-3)
        logs = torch.log(torch.where(y > 0, y, torch.ones_like(y)))
        amount = torch.log(sigma) + ((logs - scores[:, 1]) / sigma) ** 2 / 2
        return chance + (paid * amount).mean()

    def _learn(network: torch.nn.Module, *rows: torch.Tensor) -> None:
        X, y, later, actual = rows
        optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-3)
        best, state, worse = np.inf, network.state_dict(), 0
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(X)).split(BATCH):
                optimiser.zero_grad()
                loss(network(X[batch]), y[batch]).backward()
                optimiser.step()
            with torch.no_grad():
                now = float(loss(network(later), actual))
            worse = 0 if now < best else worse + 1
            if now < best:
                best = now
                state = {name: kept.clone() for name, kept in network.state_dict().items()}
            if worse == PATIENCE:
                break
        network.load_state_dict(state)

    return work


def _held(customers: np.ndarray) -> np.ndarray:
    known = np.unique(customers)
    return np.random.default_rng(SEED).choice(known, int(HELD * len(known)), replace=False)


def _scaled(fit: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return signed logarithms in standard deviations of the fit rows; what is missing is 0."""
    fit, test = (np.sign(rows) * np.log1p(np.abs(rows)) for rows in (fit, test))
    mean, spread = np.nanmean(fit, axis=0), np.nanstd(fit, axis=0) + 1e-9
    fit, test = (np.nan_to_num(np.clip((rows - mean) / spread, -5, 5)) for rows in (fit, test))
    return fit, test


METHODS: dict[str, Callable[[], Callable[[Given], Told]]] = {
    "PyMC-Marketing: BG/NBD × Gamma-Gamma": lambda: with_pymc_marketing("BetaGeoModel"),
    "PyMC-Marketing: Pareto/NBD × Gamma-Gamma": lambda: with_pymc_marketing("ParetoNBDModel"),
    "ZILN network": with_network,
}

if __name__ == "__main__":
    main()
