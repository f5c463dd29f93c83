"""A program: the network agent of a host of the lab, asked to converge and to compare by the lab.

Usage: python -m tests.lab.agent DIRECTORY HOST PLACE, the place as JSON. It prints "ready" once it answers.
"""

import json
import pathlib
import sys
import threading

from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.driver import LinuxDriver, Rules
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import Place, ask
from cumulo.network.agent.metadata import Facts, FactsCache, MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers
from cumulo.network.agent.watch import Watch
from tests.lab.wire import Caller, serve


def follow(converger: Converger, bus: Caller, host: str, threads: Threads) -> None:
    """Do what the agent does by itself: converge when rung, and watch the gateways that it stands by for."""
    threads.spawn(converger.run_forever)
    watch = Watch(converger.watched, lambda address: bus.call(
        "scheduler", "gateway_silent", {"host": host, "tunnel_address": address}), threads)
    threads.spawn(watch.run_forever, threads.event())


def main() -> None:
    """Serve until killed."""
    directory, host, place = pathlib.Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    bus, threads, clock = Caller(str(directory / "control")), Threads(), Clock()

    def lookup(network_id: str, address: str) -> Facts:
        facts: Facts = bus.call("scheduler", "metadata_for", {"network_id": network_id, "address": address})
        return facts

    here = Place(**place, abilities=ask())
    metadata = MetadataServers(FactsCache(lookup, clock, 1.0), threads)
    driver = LinuxDriver(Devices(here), Dhcp(directory / f"dhcp.{host}", [], 3600, clock, "lab.example."), metadata,
                         Rules(Nat(), Firewall(tracks=here.abilities.tracks_bridges)), Routers(host, metadata, Announcers(
                             directory / f"announce.{host}", Dnsmasq(clock))))
    converger = Converger(bus, host, driver, threads, 5.0)
    path = directory / f"agent.{host}"
    path.unlink(missing_ok=True)
    serve(str(path), {"converge": converger.run_once, "differences": lambda: list(converger.holdings().differences),
                      "ring": converger.ring, "ping": dict, "follow": lambda: follow(converger, bus, host, threads)})
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
