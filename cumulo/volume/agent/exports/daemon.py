"""A program that serves exports: started apart from the agent, which it outlives, and known by its own arguments."""

import os
import pathlib
import signal
from collections.abc import Mapping

from cumulo.common import command, errors
from cumulo.common.clock import Clock

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.02


class Daemon:
    """One program, told from every other by one of its arguments, which no other has."""

    def __init__(self, program: str, mark: str, clock: Clock) -> None:
        self._program = program
        self._mark = mark.encode()
        self._clock = clock
        self._known: int | None = None
        self._looked = False  # nobody else starts it: who has looked once knows

    def pid(self) -> int | None:
        """Return its process while it lives."""
        if self._known is not None and not self._is_it(self._known):
            self._known, self._looked = None, False
        if not self._looked:
            found = [each for each in _processes() if self._is_it(each)]
            # What it has forked, to write its log, looks like it, and ends with it.
            self._known, self._looked = next((each for each in found if _parent(each) not in found), None), True
        return self._known

    def start(self, argv: list[str], socket: pathlib.Path, environment: Mapping[str, str] | None = None,
              descriptors: tuple[int, ...] = ()) -> None:
        """Start it; it goes to the background by itself, and serves once the socket is there that it takes commands at.

        It gets these open files of ours besides.

        Raises CommandFailed where it ends, and DeadlineExceeded.
        """
        socket.unlink(missing_ok=True)
        command.run(argv, timeout_s=START_TIMEOUT_S, environment=environment, descriptors=descriptors)
        deadline = self._clock.monotonic() + START_TIMEOUT_S
        while not socket.exists():
            if self._clock.monotonic() > deadline:
                raise errors.DeadlineExceeded(f"{self._program} does not serve.")
            self._clock.sleep(POLL_S)
        self._looked = False

    def stop(self) -> None:
        """End it; idempotent. Raises DeadlineExceeded when it does not end."""
        deadline = self._clock.monotonic() + STOP_TIMEOUT_S
        sent = signal.SIGTERM
        while (process := self.pid()) is not None:
            if self._clock.monotonic() > deadline:
                if sent == signal.SIGKILL:
                    raise errors.DeadlineExceeded(f"{self._program} {process} does not end.")
                sent, deadline = signal.SIGKILL, self._clock.monotonic() + STOP_TIMEOUT_S
            try:
                os.kill(process, sent)
            except ProcessLookupError:
                return
            self._clock.sleep(POLL_S)

    def _is_it(self, process: int) -> bool:
        try:
            directory = pathlib.Path(f"/proc/{process}")
            arguments = (directory / "cmdline").read_bytes().split(b"\0")
            return pathlib.PurePath(os.fsdecode(arguments[0])).name == self._program and any(
                self._mark in each for each in arguments)
        except (FileNotFoundError, ProcessLookupError):
            return False


def _parent(process: int) -> int | None:
    try:
        text = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _processes() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
