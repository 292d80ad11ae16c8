"""`sync`: what was kept while the tracking store was away, sent."""

from __future__ import annotations

from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.output.parcels import kept
from clvlens.output.sending import send_kept


def sync(config: Config, stage: Stages) -> None:
    """Send what every horizon's verbs have kept, oldest first."""
    sent: list[str] = []
    for own in config.horizons:
        stage(f"send {len(kept(own))} from {own.title}")
        send_kept(own, lambda told: (sent.append(told), print(f"Sent {told}")))
    stage.end()
    stage.found(sent=sent)
    if not sent:
        print("Nothing is kept that was not sent")
