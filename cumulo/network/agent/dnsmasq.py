"""A dnsmasq of ours: its folder with `conf` and `pid`, started in a namespace, stopped for good."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal

from cumulo.common import command, errors, log
from cumulo.common.clock import Clock

LOG = log.get(__name__)
_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5.0


class Dnsmasq:
    """Looks after dnsmasq processes by their folders."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def run(self, folder: pathlib.Path, text: str, namespace: pathlib.Path) -> None:
        """Have one run with this configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        if write(folder / "conf", text) or self.process(folder) is None:
            self.stop(folder)
            self.start(folder, namespace)

    def start(self, folder: pathlib.Path, namespace: pathlib.Path) -> None:
        """Start the folder's; it returns once its child listens, so that whoever asks from now on is heard."""
        command.run(["nsenter", f"--net={namespace}", "dnsmasq", f"--conf-file={folder / 'conf'}"],
                    timeout_s=_START_TIMEOUT_S)
        LOG.info("dnsmasq_started", folder=folder)

    def stop(self, folder: pathlib.Path) -> None:
        """Stop the folder's; idempotent. Raises DeadlineExceeded when it does not end."""
        deadline = self._clock.monotonic() + _STOP_TIMEOUT_S
        sent = signal.SIGTERM
        while (process := self.process(folder)) is not None:
            if self._clock.monotonic() > deadline:
                if sent == signal.SIGKILL:
                    raise errors.DeadlineExceeded(f"dnsmasq {process} does not end.")
                sent, deadline = signal.SIGKILL, self._clock.monotonic() + _STOP_TIMEOUT_S
            _kill(process, sent)
            self._clock.sleep(0.02)

    def remove(self, folder: pathlib.Path) -> None:
        """Stop the folder's and remove the folder; idempotent."""
        if folder.is_dir():
            self.stop(folder)
            shutil.rmtree(folder)

    def process(self, folder: pathlib.Path) -> int | None:
        """The pid of the folder's, if that pid is still it."""
        try:
            process = int((folder / "pid").read_text())
            arguments = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return process if f"--conf-file={folder / 'conf'}".encode() in arguments else None


def write(path: pathlib.Path, text: str) -> bool:
    """Write the file whole, by rename; say whether its content is new."""
    if path.exists() and path.read_text() == text:
        return False
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)
    return True


def _kill(process: int, sent: signal.Signals) -> None:
    try:
        os.kill(process, sent)
    except ProcessLookupError:
        LOG.debug("already_ended", process=process)
