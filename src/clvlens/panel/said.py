"""What the engine says is wrong, in a line that can be acted on."""

from __future__ import annotations

import re
from pathlib import Path


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
