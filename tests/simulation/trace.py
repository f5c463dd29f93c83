"""The record of a run: every log line of every service, every fault and every call, with the virtual time.

The hash of the lines is what two runs of a seed must agree on, byte for byte.
"""

import hashlib
import logging

from tests.simulation.kernel import Kernel


class Trace(logging.Handler):
    """Collects lines; attached to the root logger for the time of a run."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(logging.INFO)
        self._kernel = kernel
        self.lines: list[str] = []
        self.broken: list[str] = []  # what code logged that met what it had not foreseen

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line from a service's log."""
        if not self._kernel.current.process.alive:
            return  # the dead tell no tales
        message = record.getMessage()
        self.say(f"{record.levelname} {message}", self._kernel.current.process.name)
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            self.broken.append(f"{message}\n{text}")
            self.lines.append(text)

    def say(self, line: str, who: str = "world") -> None:
        """Add a line."""
        self.lines.append(f"{self._kernel.elapsed_s:9.4f} {who:16} {line}")

    def digest(self) -> str:
        """Return the hash of all lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def __enter__(self) -> "Trace":
        root = logging.getLogger()
        self._before = (root.handlers[:], root.level)
        root.handlers[:] = [self]
        root.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.handlers[:], level = self._before
        root.setLevel(level)
