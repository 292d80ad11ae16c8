"""Files with random damage, read in a process of their own so that a crash is seen.

`python -m tests.reliability.fuzz csv 7 200` reads 200 damaged CSV files of seed 7, and prints
how many were refused, how many read, and every case that was neither: a traceback, or a number of
rows that an independent reader of the same bytes does not find.
"""

import csv
import gzip
import io
import json
import random
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from tests.reliability.shop import Shop, orders

from clvlens.config import load_config
from clvlens.errors import ClvlensError
from clvlens.panel.engine import connect
from clvlens.panel.typed import read_events

MOST_MEMORY = 8 << 30  # bytes; a damaged length must not take the machine down
NASTY = b'",;\n\r\t\0\xff\xfe\xef\xbb\xbf0129-+.eE:TZ '
ROWS = len(orders())
FORMS = {"csv": "orders.csv", "gz": "orders.csv.gz", "parquet": "orders.parquet"}


def damage(data: bytes, draw: random.Random) -> bytes:
    """Return bytes with one to three changes: flipped, set, inserted, cut out, doubled, cut off."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(changed)) if changed else 0
        some = slice(at, at + draw.randint(1, 40))
        match draw.randrange(7):
            case 0 if changed:
                changed[at] ^= 1 << draw.randrange(8)
            case 1 if changed:
                changed[at] = draw.choice(NASTY)
            case 2:
                changed[at:at] = bytes([draw.choice(NASTY)])
            case 3:
                del changed[some]
            case 4:
                changed[at:at] = changed[some]
            case 5:
                changed[at:at] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 8)))
            case _ if draw.random() < 0.2:
                del changed[at:]
    return bytes(changed)


def rows_in(form: str, data: bytes) -> int | None:
    """Return the rows that other readers find; none where they find the file damaged."""
    if form == "parquet":
        return ROWS
    try:
        text = (gzip.decompress(data) if form == "gz" else data).decode("utf-8-sig")
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except (OSError, EOFError, ValueError, csv.Error):
        return None
    except Exception:  # noqa: BLE001  zlib's own error has no better name
        return None
    whole = all(len(line) == len(lines[0]) for line in lines)
    return len(lines) - 1 if whole else None


def outcome(form: str, config: Path, data: bytes) -> str:
    """Read one damaged file, and say how that ended."""
    run = load_config(config)
    engine = connect(run.time_zone, threads=1)
    try:
        found = engine.count(read_events(run, engine, "orders").table)
    except ClvlensError as error:
        return "refused" if str(error) else "refused without a word"
    except BaseException as error:  # noqa: BLE001  whatever it is, a user would see it
        return f"traceback of {type(error).__name__}: {str(error)[:200]}"
    finally:
        engine.backend.disconnect()
    expected = rows_in(form, data)
    return "read" if found == expected else f"{found} rows, where others find {expected}"


def prepare(form: str, shop: Shop) -> Path:
    """Write the file that is to be damaged, and return the configuration."""
    if form == "csv":
        return shop.write()
    if form == "gz":
        return shop.as_archive()
    frame = pd.DataFrame(orders()).astype({"amount": float})
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    return shop.as_parquet(frame.to_dict("records"))


def main(form: str, seed: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    draw, counted, wrong = random.Random(seed), Counter(), {}
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        config, file = prepare(form, shop), Path(folder) / FORMS[form]
        whole = file.read_bytes()
        for number in range(count):
            data = damage(whole, draw)
            file.write_bytes(data)
            ended = outcome(form, config, data)
            counted[ended if ended in ("read", "refused") else "wrong"] += 1
            if ended not in ("read", "refused"):
                wrong[number] = ended
    print(json.dumps({**counted, "cases": wrong}))  # noqa: T201  what the test reads


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
