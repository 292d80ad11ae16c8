"""The tracking server as a command serves it: in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from clvlens.config import Config

SERVE = """
from pathlib import Path
from clvlens.config import Config
from clvlens.output.ui import serve
serve(Config.model_validate_json(Path("config.json").read_text()), int({port}),
      say=lambda text: print(text, flush=True))
"""


def started(folder: Path, config: Config, port: int) -> subprocess.Popen:
    """Serve in a process of its own, as a command would."""
    (folder / "config.json").write_text(
        json.dumps({**config.model_dump(mode="json"), "root": str(config.root)})
    )
    return subprocess.Popen(
        [sys.executable, "-c", SERVE.format(port=port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
