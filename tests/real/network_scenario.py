"""A program: one life of a host's network, told by real devices, dnsmasq, HTTP and packets.

Started by test_network_agent in network and mount namespaces of its own, so that nothing of it is
seen outside. With --patched the standard library is monkey-patched as in the services. It ends
with status 0 after the last check, or with the trace of the first that failed.
"""

import sys

if "--patched" in sys.argv:
    import eventlet

    eventlet.monkey_patch()

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
from typing import Any

from cumulo.common import errors, names
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.network import desired, networks, ports, subnets
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.driver import LinuxDriver, Rules
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import Place, ask
from cumulo.network.agent.metadata import FactsCache, MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers
from cumulo.network.agent.wanted import Wanted
from tests.fixtures.database import temporary_database
from tests.unit.common.test_metadata import facts

HOST = "here"
CLIENT = pathlib.Path(__file__).with_name("dhcp_client.py")
IDS, CLOCK, THREADS = Ids(), Clock(), Threads()
PLACE = Place(abilities=ask())


class SchedulerBus:
    """Answers an agent from a database, as the scheduler does."""

    def __init__(self) -> None:
        self.database = temporary_database()

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        with self.database.write() as connection:
            if method == "network_desired":
                return desired.desired(connection, **arguments)
            return desired.applied(connection, CLOCK.now(), **arguments)


def run(*argv: str) -> str:
    """Run a program and return what it prints."""
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout


def inside(namespace: str, *argv: str) -> str:
    """Run a program in a namespace."""
    return run("nsenter", f"--net=/run/netns/{namespace}", *argv)


def devices() -> list[str]:
    """The names of this namespace's devices."""
    return [name for _, name in socket.if_nameindex()]


def fetch(namespace: str, path: str) -> str:
    """GET from the metadata service, from inside a namespace."""
    code = f"import urllib.request as u; print(u.urlopen('http://169.254.169.254{path}', timeout=5).read().decode())"
    return inside(namespace, sys.executable, "-c", code)


class Scenario:
    """The database side, the agent side, and one guest."""

    def __init__(self, directory: str) -> None:
        self.directory = pathlib.Path(directory)
        self.bus = SchedulerBus()
        self.agent = self.new_agent()

    def new_agent(self) -> Converger:
        """An agent that has just been started."""
        def lookup(network_id: str, address: str) -> Any:
            if address != self.address:
                raise errors.NotFound("no server there")
            return facts(hostname="guest-one")

        metadata = MetadataServers(FactsCache(lookup, CLOCK, 1.0), THREADS)
        self.driver = LinuxDriver(Devices(PLACE), Dhcp(self.directory, ["9.9.9.9"], 3600, CLOCK), metadata,
                                  Rules(Nat(), Firewall(tracks=PLACE.abilities.tracks_bridges)), Routers(HOST, metadata, Announcers(
                                      self.directory.parent / "announce", Dnsmasq(CLOCK))))
        return Converger(self.bus, HOST, self.driver, THREADS, 5.0)

    def make_network(self) -> None:
        """A flat network, a subnet, and a port bound here."""
        with self.bus.database.write() as connection:
            network = networks.create_network(connection, IDS, 1.0, project_id="p", default_mtu=1400, values={
                "name": "n", "provider_network_type": "flat", "provider_physical_network": "physnet1"})
            self.network_id = network["id"]
            subnets.create_subnet(connection, IDS, 1.0, project_id="p", network_id=self.network_id,
                                  values={"cidr": "10.77.0.0/24", "ip_version": 4})
            port = ports.create_port(connection, IDS, 1.0, context=Context(project_id="p"),
                                     network_id=self.network_id, hostname="guest-one")
            ports.bind_port(connection, 1.0, port["id"], HOST)
        self.port_id, self.mac, self.address = port["id"], port["mac_address"], port["fixed_ips"][0]["ip_address"]
        self.bridge = names.bridge_name(self.network_id)
        self.namespace = names.dhcp_namespace(self.network_id)

    @property
    def folder(self) -> pathlib.Path:
        """Where the network's dnsmasq keeps its files."""
        return self.directory / self.network_id

    def dnsmasq(self) -> int:
        """The pid of the network's dnsmasq."""
        return int((self.folder / "pid").read_text())

    def plug_guest(self) -> None:
        """A namespace that plays the guest: a card with the port's address, plugged into the bridge."""
        run("ip", "netns", "add", "guest")
        run("ip", "link", "add", "tapguest", "type", "veth", "peer", "name", "eth0", "netns", "guest")
        run("ip", "link", "set", "tapguest", "master", self.bridge, "up")
        inside("guest", "ip", "link", "set", "eth0", "address", self.mac, "up")

    def lease(self) -> dict[str, Any]:
        """Ask for an address as a guest does, and use what was given."""
        given: dict[str, Any] = json.loads(inside("guest", sys.executable, str(CLIENT), "eth0", self.mac))
        inside("guest", "ip", "addr", "replace", f"{given['address']}/24", "dev", "eth0")
        for destination, gateway in given["routes"]:
            inside("guest", "ip", "route", "replace", destination, "via", gateway)
        return given


def check_first_life(story: Scenario) -> None:
    """Plugged: a lease with every option, metadata, an ACTIVE port, a way out."""
    assert story.agent.plug([story.port_id]) > 0
    with story.bus.database.read() as connection:
        assert ports.get_port(connection, story.port_id)["status"] == "ACTIVE"
    story.plug_guest()
    given = story.lease()
    assert given["address"] == story.address, given
    assert given["mtu"] == 1400 and given["router"] == "10.77.0.1" and given["dns"] == ["10.77.0.2", "9.9.9.9"], given
    assert ["169.254.169.254/32", "10.77.0.2"] in given["routes"], given
    assert ["0.0.0.0/0", "10.77.0.1"] in given["routes"], given
    assert given["hostname"] == "guest-one", given
    assert json.loads(fetch("guest", "/openstack/latest/meta_data.json"))["hostname"] == "guest-one"
    assert fetch("guest", "/latest/meta-data/hostname").strip() == "guest-one"
    check_way_out()


def check_way_out() -> None:
    """The guest reaches a host outside, which sees this host's address and not the guest's."""
    run("ip", "netns", "add", "outside")
    run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "eth0", "netns", "outside")
    run("ip", "addr", "add", "198.51.100.1/24", "dev", "up0")
    run("ip", "link", "set", "up0", "up")
    inside("outside", "ip", "addr", "add", "198.51.100.2/24", "dev", "eth0")
    inside("outside", "ip", "link", "set", "eth0", "up")
    answerer = ("import socket; s=socket.create_server(('198.51.100.2',7000)); print('up', flush=True); "
                "c,a=s.accept(); c.sendall(a[0].encode()); c.close()")
    process = subprocess.Popen(["nsenter", "--net=/run/netns/outside", sys.executable, "-c", answerer],
                               stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"up\n"
    asker = "import socket; print(socket.create_connection(('198.51.100.2',7000),5).recv(99).decode())"
    seen = inside("guest", sys.executable, "-c", asker).strip()
    process.wait(10)
    assert seen == "198.51.100.1", seen


def check_restart(story: Scenario) -> None:
    """A new agent leaves dnsmasq alone, serves metadata, and removes what nobody asked for."""
    running = story.dnsmasq()
    story.driver.stop()
    run("ip", "link", "add", "cudeadbeef-00", "type", "bridge")
    run("ip", "netns", "add", "cudhcp-deadbeef-0000-4000-8000-000000000000")
    story.agent = story.new_agent()
    story.agent.run_once()
    assert story.dnsmasq() == running
    assert "cudeadbeef-00" not in devices()
    assert not [name for name in os.listdir("/run/netns") if "deadbeef" in name]
    assert fetch("guest", "/latest/meta-data/instance-type").strip() == "m1.tiny"


def check_healing(story: Scenario) -> None:
    """What goes missing comes back with the next run."""
    os.kill(story.dnsmasq(), 9)
    time.sleep(0.2)
    story.agent.run_once()
    assert story.lease()["address"] == story.address
    run("ip", "link", "del", f"cud{story.network_id[:11]}")
    story.agent.run_once()
    assert story.lease()["address"] == story.address
    assert fetch("guest", "/latest/meta-data/hostname").strip() == "guest-one"


def check_end(story: Scenario) -> None:
    """The port deleted: no lease. All of it: no device, namespace, process, file or rule."""
    assert story.mac in (story.folder / "leases").read_text()
    with story.bus.database.write() as connection:
        other = ports.create_port(connection, IDS, 2.0, context=Context(project_id="p"), network_id=story.network_id)
        ports.bind_port(connection, 2.0, other["id"], HOST)
        ports.delete_port(connection, 2.0, story.port_id)
    story.agent.run_once()
    assert story.mac not in (story.folder / "leases").read_text()
    assert story.mac not in (story.folder / "hosts").read_text()
    running = story.dnsmasq()
    with story.bus.database.write() as connection:
        ports.delete_port(connection, 3.0, other["id"])
        networks.delete_network(connection, story.network_id)
    story.agent.run_once()
    assert not [name for name in devices() if name.startswith("cu")]
    assert story.namespace not in os.listdir("/run/netns")
    assert not story.folder.exists()
    command_line = pathlib.Path(f"/proc/{running}/cmdline")
    assert not command_line.exists() or not command_line.read_bytes()  # empty: ended, its parent has not looked yet
    assert "cumulo" not in run("nft", "list", "tables")


def main() -> None:
    """Tell the whole story."""
    run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as directory:
        story = Scenario(directory)
        story.make_network()
        try:
            for check in (check_first_life, check_restart, check_healing, check_end):
                check(story)
                print(check.__name__, "passed", flush=True)
        finally:
            story.driver.sweep(Wanted())
            story.driver.settle(Wanted())
            story.driver.stop()


if __name__ == "__main__":
    main()
