"""Converging: pull what this host must look like, make it so, say which revision was reached.

    run_once     what changed since the applied revision, and what went missing on the host
    run_forever  again at every ring of the bell, and after poll_interval_s without one; rings that follow closely are one
    plug         for ports about to be used

Whoever asks while a run is under way waits, and then one run is for all who wait: what is desired when somebody asks is in
every run that begins later.

The first pull asks for everything; whatever of ours it does not name is removed, and before anything is made: the number of
a network that went may be that of one that came. A network that cannot be made does not keep the others waiting, but the
revision is not reported: the next run pulls the same difference again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Protocol

from cumulo.common import errors, log
from cumulo.common.audit.holdings import NetworkHoldings
from cumulo.common.threads import Threads
from cumulo.network.agent.driver import Driver
from cumulo.network.agent.wanted import Wanted

LOG = log.get(__name__)
_CALL_TIMEOUT_S = 30.0
BREATH_S = 0.1
"""How long run_forever rests after each run: where many servers are built at once, every host is rung for each of them."""
_COMPARED_AT_ONCE = 20  # networks, some 12 ms each: a guest's card that is to be plugged waits no longer than for those


class Caller(Protocol):
    """The one thing of the bus that converging needs."""

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        """Ask a service and return its answer."""


class Converger:
    """Owns a host's networks: one run at a time."""

    def __init__(self, bus: Caller, host: str, driver: Driver, threads: Threads, poll_interval_s: float) -> None:
        self._bus, self._host, self._driver = bus, host, driver
        self._poll_interval_s = poll_interval_s
        self._lock = threads.lock()
        self._bell = threads.event()
        self._stopping = threads.event()
        self._begun = self._ended = 0  # runs, and the last of them that was not broken off
        self._failed: set[str] = set()  # what could not be made in that one
        self._revision = 0
        self._to_sweep = False
        self._wanted = Wanted()

    @property
    def revision(self) -> int:
        """The revision this host was last made to look like; 0 before the first run."""
        return self._revision

    def run_once(self) -> int:
        """Make the host look as desired now; return the revision reached."""
        asked = self._begun
        with self._lock:
            self._raise_for(self._run_since(asked))
            return self._revision

    def plug(self, port_ids: Iterable[str]) -> int:
        """Converge for ports about to be used; raises Retry while one of them is not bound here.

        A network that none of them is in may fail: its own ports wait for it, these do not.
        """
        wanted, asked = set(port_ids), self._begun
        with self._lock:
            failed = self._run_since(asked)
            held = {port["id"]: network["id"] for network, port in self._wanted.ports_here()}
        if wanted - held.keys():
            raise errors.Retry(f"Port {min(wanted - held.keys())} is not bound to this host.")
        self._raise_for({held[port_id] for port_id in wanted} & failed)
        return self._revision

    def holdings(self) -> NetworkHoldings:
        """What is on this host, at the revision reached: never in the middle of a run, and none waits long for it."""
        differences: list[str] = []
        network_ids = sorted(self._wanted.networks)
        for start in range(0, len(network_ids), _COMPARED_AT_ONCE):
            with self._lock:
                if self._revision:
                    differences += self._driver.misplaced(network_ids[start:start + _COMPARED_AT_ONCE], self._wanted)
        with self._lock:
            differences += self._driver.differences(self._wanted) if self._revision else []
            return dataclasses.replace(self._driver.holdings(), revision=self._revision, differences=tuple(differences))

    def watched(self) -> set[str]:
        """Where the tunnels of the gateways end that this host stands by for."""
        gateways = [each["gateway"] for each in list(self._wanted.routers.values()) if each["gateway"]]
        return {each["tunnel_address"] for each in gateways if each["stands_by"] and "." in (each["tunnel_address"] or "")}

    def ring(self) -> None:
        """Have run_forever look now."""
        self._bell.set()

    def run_forever(self) -> None:
        """Converge until stop."""
        while not self._stopping.is_set():
            self._bell.clear()
            try:
                self.run_once()
            except errors.CumuloError as failure:
                LOG.warning("converge_failed", host=self._host, error=failure.message)
            except Exception:  # a bug in one run is no reason to leave the host alone for good
                LOG.exception("converge_broken", host=self._host)
            if not self._stopping.wait(BREATH_S):
                self._bell.wait(max(0.0, self._poll_interval_s - BREATH_S))

    def stop(self) -> None:
        """End run_forever after the run in progress."""
        self._stopping.set()
        self._bell.set()

    def _raise_for(self, failed: set[str]) -> None:
        if failed:
            raise errors.InternalError(f"Networks {', '.join(sorted(failed))} could not be made on {self._host}.")

    def _run_since(self, asked: int) -> set[str]:
        """Make everything so, unless a run has ended that began after so many; return the networks that could not be made."""
        if self._ended <= asked:
            self._begun += 1
            self._failed = self._converge()
            self._ended = self._begun
        return self._failed

    def _converge(self) -> set[str]:
        answer = self._bus.call("scheduler", "network_desired",
                                {"host": self._host, "since_revision": self._revision, "known": self._wanted.ids()},
                                timeout_s=_CALL_TIMEOUT_S)
        before = {*self._wanted.networks, *self._wanted.routers}
        brought = self._wanted.take(answer)
        changed = brought["networks"]
        # Remembered until it is done: whatever goes wrong in between, the next run sweeps.
        self._to_sweep = bool(self._to_sweep or answer["full"] or before - self._wanted.networks.keys() - self._wanted.routers.keys()
                              or brought["routers"])
        self._heal(changed)
        self._sweep()
        failed = self._apply(changed)
        self._driver.settle(self._wanted)
        if self._to_sweep:
            raise errors.InternalError(f"What no network owns could not be removed from {self._host}.")
        if failed:
            # Ask for everything next time: the difference that failed is not in memory as applied.
            self._revision = 0
            return failed
        if answer["revision"] != self._revision or answer["full"]:
            self._bus.call("scheduler", "network_applied", {"host": self._host, "revision": answer["revision"]},
                           timeout_s=_CALL_TIMEOUT_S)
        self._revision = answer["revision"]
        return failed

    def _sweep(self) -> None:
        """Remove what nothing owns; where that fails the networks are made all the same, and the next run tries again."""
        if self._to_sweep:
            try:
                self._driver.sweep(self._wanted)
                self._to_sweep = False
            except (errors.CumuloError, OSError) as error:
                LOG.error("sweep_failed", host=self._host, error=error)

    def _heal(self, changed: set[str]) -> None:
        self._driver.observe()
        for network_id, network in self._wanted.networks.items():
            if network_id not in changed and not self._driver.is_healthy(network):
                LOG.warning("network_healed", network=network_id)
                changed.add(network_id)

    def _apply(self, changed: set[str]) -> set[str]:
        failed = set()
        for network_id in sorted(changed & self._wanted.networks.keys()):
            try:
                self._driver.apply(self._wanted.networks[network_id], self._wanted)
            except (errors.CumuloError, OSError) as error:
                LOG.error("network_failed", network=network_id, error=error)
                failed.add(network_id)
        return failed
