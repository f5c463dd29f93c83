"""The connection to libvirt: opened at first use, opened again when the daemon was restarted.

libvirt's calls block in C, so each runs in a native thread; other work goes on meanwhile.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import libvirt

from cumulo.common import errors, log
from cumulo.common.threads import Threads

LOG = log.get(__name__)
Answer = TypeVar("Answer")
# Errors of the wire to the daemon, as against errors of what was asked of it.
_BROKEN = frozenset({libvirt.VIR_FROM_REMOTE, libvirt.VIR_FROM_RPC})


@dataclasses.dataclass
class Call:
    """A call that takes long; `ended` is set when `failure` says how it ended."""

    ended: Any
    failure: Exception | None = None


class Connection:
    """One connection shared by all steps; libvirt serialises what must be."""

    def __init__(self, uri: str, threads: Threads) -> None:
        self._uri = uri
        self._threads = threads
        self._lock = threads.lock()
        self._open: libvirt.virConnect | None = None
        libvirt.registerErrorHandler(_quiet, None)

    def run(self, function: Callable[[libvirt.virConnect], Answer]) -> Answer:
        """Run a function of a connection in a native thread.

        Raises Retry when the daemon does not answer, and libvirtError for what it refuses. A
        function cut off by a restart of the daemon is run again, so it must bear that.
        """
        for attempt in ("first", "second"):
            connection = self._connection()
            try:
                return self._threads.native(function, connection)
            except libvirt.libvirtError as failure:
                if failure.get_error_domain() not in _BROKEN:
                    raise
                self._drop(connection)
                LOG.warning("libvirt_connection_lost", attempt=attempt, reason=failure)
        raise errors.Retry("the connection to libvirt breaks off")

    def begin(self, function: Callable[[libvirt.virConnect], None]) -> "Call":
        """Run a function that takes long in a thread of its own, once: what a broken connection cuts off is not repeated."""
        call = Call(self._threads.event())
        self._threads.spawn(self._perform, function, call, name="libvirt call")
        return call

    def _perform(self, function: Callable[[libvirt.virConnect], None], call: "Call") -> None:
        try:
            connection = self._connection()
            self._threads.native(function, connection)
        except (libvirt.libvirtError, errors.CumuloError) as failure:  # judged by whoever follows the call
            call.failure = failure
        finally:
            call.ended.set()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            opened, self._open = self._open, None
        if opened is not None:
            self._threads.native(opened.close)

    def _connection(self) -> libvirt.virConnect:
        with self._lock:
            if self._open is None:
                self._open = self._threads.native(self._connect)
            return self._open

    def _connect(self) -> libvirt.virConnect:
        try:
            return libvirt.open(self._uri)
        except libvirt.libvirtError as failure:
            raise errors.Retry(f"libvirt does not answer at {self._uri}: {failure}") from failure

    def _drop(self, broken: libvirt.virConnect) -> None:
        with self._lock:
            if self._open is broken:
                self._open = None


def _quiet(context: object, error: object) -> None:
    """Take libvirt's own report: what matters of it is raised."""
