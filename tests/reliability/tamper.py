"""Damaged and tampered models, loaded in a process of their own so that a crash is seen.

`python -m tests.reliability.tamper 7 50` spoils a golden model in 50 ways drawn with seed 7, and
prints how many were refused in a line, and every case that was not.
"""

import json
import pickle
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.reliability.fuzz import damage

from clvlens.errors import ModelError
from clvlens.models.store import load_model

GOLDEN = Path(__file__).parents[1] / "models" / "golden"
MARK = "executed"  # what a pickle would leave behind


class Payload:
    """Touches a file when it is unpickled."""

    def __reduce__(self) -> tuple:
        return Path.touch, (Path(MARK),)


def files_of(model: Path) -> list[Path]:
    return sorted(model.iterdir())


def damaged(model: Path, draw: random.Random) -> None:
    file = draw.choice(files_of(model))
    before = file.read_bytes()
    while file.read_bytes() == before:
        file.write_bytes(damage(before, draw))


def lost(model: Path, draw: random.Random) -> None:
    draw.choice(files_of(model)).unlink()


def emptied(model: Path, draw: random.Random) -> None:
    draw.choice(files_of(model)).write_bytes(b"")


def swapped(model: Path, draw: random.Random) -> None:
    one, other = draw.sample([file for file in files_of(model) if file.suffix == ".ubj"], 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def linked(model: Path, draw: random.Random) -> None:
    """Put a link to the same bytes in a file's place."""
    file = draw.choice(files_of(model))
    elsewhere = model.with_name("elsewhere")
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def joined_by_a_pickle(model: Path, draw: random.Random) -> None:
    name = draw.choice(["model.pkl", "metadata.pickle", "value-amount.joblib", "__init__.py"])
    (model / name).write_bytes(pickle.dumps(Payload()))


def replaced_by_a_pickle(model: Path, draw: random.Random) -> None:
    draw.choice(files_of(model)).write_bytes(pickle.dumps(Payload()))


def retold(model: Path, draw: random.Random) -> None:
    """Change a number in the metadata, and leave the manifest alone."""
    about = json.loads((model / "metadata.json").read_text())
    about["about"]["horizon_days"] = draw.choice([30, 180, 1e308, -1, "90", None])
    text = json.dumps(about, indent=1, sort_keys=True) + "\n"
    (model / "metadata.json").write_text(text)


def vouched_for_from_elsewhere(model: Path, draw: random.Random) -> None:
    """Name a file outside of the folder in the manifest."""
    manifest = json.loads((model / "manifest.json").read_text())
    name = draw.choice(["../secret", "/etc/passwd", "..\\secret", "con"])
    manifest["sha256"][name] = "0" * 64
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (model / "manifest.json").write_text(text)


def of_another_format(model: Path, draw: random.Random) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["format"] = draw.choice([0, 99, -1, "1", None, True, [1], 3 - manifest["format"]])
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (model / "manifest.json").write_text(text)


WAYS: list[Callable[[Path, random.Random], None]] = [
    *[damaged] * 8, lost, emptied, swapped, linked, joined_by_a_pickle, replaced_by_a_pickle,
    retold, vouched_for_from_elsewhere, of_another_format,
]  # fmt: skip


def outcome(model: Path) -> str:
    """Load a spoiled model, and say how that ended."""
    try:
        load_model(model)
    except ModelError as error:
        told = str(error)
        return "refused" if told.count("\n") == 0 and "; " in told else f"told badly: {told}"
    except BaseException as error:  # noqa: BLE001  whatever it is, a user would see it
        return f"traceback of {type(error).__name__}: {str(error)[:200]}"
    return "loaded in silence"


def main(seed: int, count: int) -> None:
    draw, wrong = random.Random(seed), {}
    golden = sorted(manifest.parent for manifest in GOLDEN.glob("*/model/manifest.json"))
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model"
            shutil.copytree(draw.choice(golden), model)
            spoil = draw.choice(WAYS)
            spoil(model, draw)
            ended = outcome(model)
        if Path(MARK).exists():
            ended = "executed a pickle"
            Path(MARK).unlink()
        if ended != "refused":
            wrong[f"{number} {spoil.__name__}"] = ended
    print(json.dumps({"refused": count - len(wrong), "cases": wrong}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
