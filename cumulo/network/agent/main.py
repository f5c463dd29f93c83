"""The network agent of a host: converges it, serves its steps, and says that it lives.

Exactly one agent owns a host's networks: it holds a lock on a file for as long as it lives.
"""

from __future__ import annotations

import dataclasses
import fcntl
import io
import os
import pathlib
from typing import Any

import eventlet

from cumulo.common import agent_program, errors, log
from cumulo.common.operations.agent import StepServer, asking
from cumulo.common.runtime import Runtime
from cumulo.network import options, rates
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.driver import RESOLV_CONF, Driver, LinuxDriver, Rules, name_servers
from cumulo.network.agent.fake import FakeDriver
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import Place, ask, own_address
from cumulo.network.agent.metadata import Facts, FactsCache, MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers
from cumulo.network.agent.steps import steps
from cumulo.network.agent.watch import Watch

LOG = log.get(__name__)
KIND = "network"
HEARTBEAT_INTERVAL_S = 5.0
LOCK_FILE = pathlib.Path("/run/lock/cumulo-network.lock")


@dataclasses.dataclass
class Service:
    """The running agent."""

    runtime: Runtime
    converger: Converger
    driver: Driver
    place: Place
    server: Any
    lock: io.IOBase | None
    stopping: Any

    def stop(self) -> None:
        """Take no more steps; what guests use stays."""
        self.stopping.set()
        self.converger.stop()
        self.server.stop()
        self.driver.stop()
        if self.lock is not None:
            self.lock.close()


def start(runtime: Runtime) -> Service:
    """Start the agent in this process; raises Conflict when another one owns this host."""
    is_linux = runtime.conf.network.driver == "linux"
    lock = own_host(LOCK_FILE) if is_linux else None
    place = place_of(runtime.conf)
    driver: Driver = make_linux_driver(runtime, place) if is_linux else FakeDriver(
        pathlib.Path(runtime.conf.state_dir, f"fake-networks.{runtime.host}.json"))
    service = serve(runtime, driver, place, lock)
    if is_linux:
        watch = Watch(service.converger.watched, lambda address: runtime.bus.call(
            "scheduler", "gateway_silent", {"host": runtime.host, "tunnel_address": address}, timeout_s=5), runtime.threads)
        runtime.threads.spawn(watch.run_forever, service.stopping, name="network-watch")
    return service


def serve(runtime: Runtime, driver: Driver, place: Place = Place(), lock: io.IOBase | None = None) -> Service:
    """Keep this host's networks as desired through a driver; whoever calls owns the host."""
    converger = Converger(runtime.bus, runtime.host, driver, runtime.threads, runtime.conf.network.poll_interval_s)
    served = StepServer(steps(converger), runtime.clock, runtime.threads, asking(runtime.bus)).methods()

    def ring(call: Any, what: str, **facts: Any) -> None:
        converger.ring()

    def ping(call: Any) -> dict[str, Any]:
        return {"host": runtime.host, "detail": place.sentence()}

    def holdings(call: Any) -> dict[str, Any]:
        return converger.holdings().to_dict()

    answers = {**served, "ring": ring, "ping": ping, "holdings": holdings}
    server = runtime.bus.serve(f"{KIND}.{runtime.host}", answers)
    service = Service(runtime, converger, driver, place, server, lock, runtime.threads.event())
    runtime.threads.spawn(converger.run_forever, name="network-converge")
    runtime.threads.spawn(_beat_forever, service, name="network-heartbeat")
    LOG.info("network_agent_started", host=runtime.host, driver=runtime.conf.network.driver)
    return service


def place_of(conf: Any) -> Place:
    """What this host can carry and how it is wired."""
    offers = rates.offers(conf.network.bandwidths, conf.network.packet_rates)
    if conf.network.driver != "linux":
        return Place(conf.network.tunnel_address or "127.0.0.1", dict(conf.network.physical_interfaces), offers=offers)
    return Place(conf.network.tunnel_address or own_address(), dict(conf.network.physical_interfaces), ask(),
                 conf.network.mechanism, offers)


def make_linux_driver(runtime: Runtime, place: Place) -> LinuxDriver:
    """The driver that changes this host."""
    conf = runtime.conf
    resolv_conf = RESOLV_CONF.read_text() if RESOLV_CONF.exists() else ""

    def lookup(network_id: str, address: str) -> Facts:
        asked = {"network_id": network_id, "address": address}
        facts: Facts | None = runtime.bus.call("scheduler", "metadata_for", asked, timeout_s=10)
        if facts is None:
            raise errors.NotFound(f"No server of network {network_id} has the address {address}.")
        return facts

    def keep_password(network_id: str, address: str, password: str) -> None:
        told = {"network_id": network_id, "address": address, "password": password}
        runtime.bus.call("scheduler", "keep_guest_password", told, timeout_s=10)

    cache = FactsCache(lookup, runtime.clock, conf.network.metadata_cache_s, keep_password)
    files = pathlib.Path(conf.state_dir, "network")
    dhcp = Dhcp(files / "dhcp", name_servers(conf.network.dns_servers, resolv_conf),
                conf.network.dhcp_lease_s, runtime.clock, conf.network.dns_domain)
    metadata = MetadataServers(cache, runtime.threads)
    announcers = Announcers(files / "announce", Dnsmasq(runtime.clock))
    rules = Rules(Nat(), Firewall(tracks=place.abilities.tracks_bridges))
    return LinuxDriver(Devices(place), dhcp, metadata, rules, Routers(runtime.host, metadata, announcers))


def own_host(path: pathlib.Path) -> io.IOBase:
    """Lock the file for the life of this process; raises Conflict when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise errors.Conflict(f"Another network agent owns this host: it holds {path}.") from None
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def beat_once(service: Service) -> bool:
    """Tell the scheduler that this agent lives and what it has applied; say whether it knows this host still."""
    runtime = service.runtime
    answer = runtime.bus.call("scheduler", "heartbeat", {
        "host": runtime.host, "kind": KIND,
        "state": runtime.bus.state() | {"applied_revision": service.converger.revision},
    }, timeout_s=5)
    return bool(answer["registered"])


def _beat_forever(service: Service) -> None:
    registered = False
    while not service.stopping.is_set():
        try:
            if not registered:
                service.runtime.bus.call(
                    "scheduler", "register_host", {"host": service.runtime.host, "kind": KIND,
                                                   "inventory": service.place.inventory()}, timeout_s=5)
            registered = beat_once(service)
        except errors.CumuloError as failure:
            LOG.warning("heartbeat_lost", host=service.runtime.host, error=failure.message)
        service.stopping.wait(HEARTBEAT_INTERVAL_S)


def main() -> None:
    """Run the service: cumulo-network --config-file FILE."""
    eventlet.monkey_patch()
    agent_program.run(KIND, "The network agent of a host.", (options,), start)


if __name__ == "__main__":
    main()
