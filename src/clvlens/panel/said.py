"""What the engine says is wrong, in a line that can be acted on."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

FULL = ("No space left", "failed to offload")  # of the disk for what memory does not hold


def first_line(error: Exception) -> str:
    """Return an error's first line, which is what it is about."""
    return str(error).splitlines()[0].removesuffix(":")


def said(error: Exception) -> str:
    """Return what is wrong with a file, without the line itself, which may be personal."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    file = re.search(r"^\s*file = (.*)$", text, re.MULTILINE)
    if "not latin-1 encoded" in text:
        return "the file has signs that Latin-1 lacks, such as €; try encoding: windows-1252"
    where = f"{Path(file[1]).name} " if file else ""
    if line is None:
        mixed = "invalid state" in text
        return where + "mixes line endings or quotes" if mixed else first_line(error)
    width = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    what = "cannot be read"
    if width:
        what = f"has {width[2]} values where the header has {width[1]}"
    elif "unterminated quote" in text:
        what = "has a quote that does not end"
    elif "unicode" in text:
        what = "is not UTF-8, as which it is to be saved"
    return f"{where}line {int(line[1]):,} {what}"


def is_full(error: Exception) -> bool:
    """Whether it is the disk that has no room."""
    return any(words in str(error) for words in FULL)


def no_room(error: Exception) -> str:
    """Return what is full, and what gives room."""
    told = first_line(error)
    if is_full(error):
        mend = f"free disk in {tempfile.gettempdir()}, let TMPDIR name a folder with more of it"
    elif "used)" in told:
        mend = "raise engine.memory_limit"
    else:  # without a word of how much is used, it is the system that gave no more
        mend = "let the process have more memory, lower engine.memory_limit"
    return f"{told}; {mend}, or take fewer customers: population.sample"
