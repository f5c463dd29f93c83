"""Visible progress: one line when a stage begins, what it says meanwhile, and the time it took."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator


class Stages:
    """The stages of one command and their times in seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.times: list[tuple[str, float]] = _before_this_command()

    @contextlib.contextmanager
    def stage(self, name: str, what: str) -> Iterator[None]:
        """Say what begins, and when it is through how long it took; a failure is left to the caller."""
        say(f"{name}: {what} ...")
        began = time.monotonic()
        yield
        self.times.append((name, time.monotonic() - began))
        say(f"{name}: done in {self.times[-1][1]:.1f} s")

    def report(self) -> str:
        """Return a table of the times."""
        width = max((len(name) for name, _ in self.times), default=5)
        rows = [f"  {name:<{width}}  {seconds:7.1f} s" for name, seconds in self.times]
        rows.append(f"  {'total':<{width}}  {sum(seconds for _, seconds in self.times):7.1f} s")
        return "\n".join(rows)


def say(text: str) -> None:
    """Tell a person, at once; standard output stays free for answers."""
    print(f"cumulo: {text}", file=sys.stderr, flush=True)


def _before_this_command() -> list[tuple[str, float]]:
    """Return the stages that the bootstrap script had: "packages=81 python-environment=33"."""
    pairs = (item.partition("=") for item in os.environ.get("CUMULO_INSTALL_STAGES", "").split())
    return [(name, float(seconds)) for name, _, seconds in pairs]
