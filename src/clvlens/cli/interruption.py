"""Signals end a verb as an exception, so that temporary files are removed on the way out."""

from __future__ import annotations

import _thread
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SOON = 0.05  # seconds; whatever lost an exception is over by then


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Yield the list of the signals that came; each raises `KeyboardInterrupt`.

    Python loses an exception that is raised while an object is taken away (`__del__`, callbacks of
    weak references): it is raised again soon after.
    """
    came: list[int] = []
    again: list[Timer] = []
    told = sys.unraisablehook

    def stop(number: int, _: FrameType | None) -> NoReturn:
        came.append(number)
        raise KeyboardInterrupt

    def lost(what: sys.UnraisableHookArgs) -> None:
        if not came or what.exc_type is not KeyboardInterrupt:
            told(what)
            return
        again.append(Timer(SOON, _thread.interrupt_main, came[:1]))
        again[-1].daemon = True
        again[-1].start()

    for number in SIGNALS:
        signal.signal(number, stop)
    sys.unraisablehook = lost
    try:
        yield came
    finally:
        for number in SIGNALS:  # nothing is left to be cleaned up
            signal.signal(number, signal.SIG_DFL)
        for timer in again:
            timer.cancel()
        sys.unraisablehook = told
