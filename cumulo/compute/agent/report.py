"""What the agent tells the scheduler: its inventory at the start, and a sign of life every few seconds."""

import dataclasses
from typing import Any

from cumulo.common import errors, log
from cumulo.common.runtime import Runtime
from cumulo.compute.agent.driver import Driver

LOG = log.get(__name__)
KIND = "compute"
TIMEOUT_S = 5.0
TIDY_EVERY = 12  # heartbeats between two rounds of tidying, about a minute


class Reporter:
    """Registers the host, then reports until it is stopped."""

    def __init__(self, runtime: Runtime, driver: Driver, *, interval_s: float) -> None:
        self._runtime = runtime
        self._driver = driver
        self._interval_s = interval_s
        self._stopped = runtime.threads.event()
        self._registered = False
        self._rounds = 0
        self._thread: Any = None

    def start(self) -> None:
        """Report in a thread of its own."""
        self._thread = self._runtime.threads.spawn(self.run_forever, name="compute-report")

    def stop(self) -> None:
        """End the thread after the report it is making."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S)

    def run_forever(self) -> None:
        """Report again and again; what fails is said once per round and tried in the next."""
        while not self._stopped.is_set():
            try:
                self.run_once()
            except errors.CumuloError as failure:
                LOG.warning("report_failed", reason=failure.message)
            except Exception:
                LOG.exception("report_failed")  # this thread must outlive any one failure
            self._stopped.wait(self._interval_s)

    def run_once(self) -> None:
        """Register if the scheduler does not know this host yet; otherwise give a sign of life."""
        if not self._registered:
            self._register()
        else:
            self._heartbeat()
        if self._rounds % TIDY_EVERY == 0:
            self._driver.tidy()
        self._rounds += 1

    def _register(self) -> None:
        inventory = dataclasses.asdict(self._driver.inventory())
        self._send("register_host", inventory=inventory)
        self._registered = True
        LOG.info("host_registered", host=self._runtime.host, vcpus=inventory["vcpus"],
                 memory_mib=inventory["memory_mib"], disk_gib=inventory["disk_gib"])

    def _heartbeat(self) -> None:
        servers = {server_id: power.value for server_id, power in self._driver.servers().items()}
        answer = self._send("heartbeat", **self._runtime.bus.state(), servers=servers)
        if not answer.get("registered", True):
            self._registered = False  # the scheduler has lost sight of this host: say again what it has

    def _send(self, method: str, **facts: Any) -> Any:
        arguments = {"host": self._runtime.host, "kind": KIND, **facts}
        return self._runtime.bus.call("scheduler", method, arguments, timeout_s=TIMEOUT_S)
