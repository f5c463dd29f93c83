"""A program: an agent that dies between any two changes leaves a host that its successor makes right.

Started by test_network_lab, which stops it here and there, and by `python -m tests.lab.everywhere`, which stops it at every
change. A change is one of netlink or settings, a text for nftables, a start of dnsmasq, a transaction of Open vSwitch. One
agent is stopped after 0, 1, 2 ... of them while it makes a host with everything on it: networks with tunnel, uplink, DHCP;
a router with gateway, floating address and forwarding. Each time a new agent begins on what is left; the host must then
equal what is desired, and end empty.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.network.agent import kernel, program
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.driver import LinuxDriver, Rules
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.metadata import FactsCache, MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers
from tests.lab.control import Control
from tests.lab.lab import begin_switch, run

HOST, EVERY = "h1", 30
#: Programs by which an agent changes its host, and what of their arguments says that it is a change.
CHANGING = {"nft": "-f", "dnsmasq": "--conf-file", "ovs-vsctl": "--timeout=20", "ovs-ofctl": "--bundle"}
#: Stands in for such a program: it is not run any more once the count is used up.
GATE = """#!/bin/sh
case "$*" in *"{sign}"*) ;; *) exec "{real}" "$@" ;; esac
left=$(cat "$CUMULO_LAB_STOP")
[ "$left" -gt 0 ] || exit 137
"{real}" "$@"
code=$?
echo $((left - 1)) > "$CUMULO_LAB_STOP"
exit $code
"""
ENDLESS = 10**6
MECHANISM = os.environ.get("CUMULO_LAB_MECHANISM", kernel.LINUXBRIDGE)
CLOCK, THREADS = Clock(), Threads()


class Bus:
    """Answers the agent from rows."""

    def __init__(self, control: Control) -> None:
        self._methods = control.methods()

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        return self._methods[method](**arguments)


def topology() -> Control:
    """Everything that a host can have."""
    control = Control()
    control.tunnel_addresses = {HOST: "192.0.2.1", "h2": "192.0.2.2"}
    one, two = control.network("vxlan", ("10.1.0.0/24", "fd00:0:0:1::/64"), mode="slaac"), control.network("vxlan", ("10.2.0.0/24",))
    external = control.network("flat", ("203.0.113.0/24",), "254", provider_physical_network="physnet1")
    router = control.router(one, two, external=external, gateway_host=HOST, forwardings=[{
        "floating_ip_address": "203.0.113.61", "protocol": "tcp", "external_port": 8022, "internal_ip_address": "10.1.0.9",
        "internal_port": 22}])
    group = control.group({"direction": "egress"}, {"direction": "ingress", "protocol": "tcp"})
    here = control.port(one, HOST, port_security_enabled=True, security_groups=[group])
    control.port(two, "h2")
    control.float(router, "203.0.113.60", here)
    return control


@contextlib.contextmanager
def agent(control: Control, directory: pathlib.Path) -> Iterator[Converger]:
    """An agent that has just begun; what it made stays, its sockets go with it."""
    place = kernel.Place("192.0.2.1", {"physnet1": "eth1"}, kernel.Abilities(), MECHANISM)

    def nobody(network_id: str, address: str) -> Any:
        raise errors.NotFound("there are no servers")

    metadata = MetadataServers(FactsCache(nobody, CLOCK, 1.0), THREADS)
    driver = LinuxDriver(
        Devices(place), Dhcp(directory / "dhcp", [], 3600, CLOCK), metadata, Rules(Nat(), Firewall(tracks=True)),
        Routers(HOST, metadata, Announcers(directory / "announce", Dnsmasq(CLOCK))))
    try:
        yield Converger(Bus(control), HOST, driver, THREADS, 5.0)
    finally:
        driver.stop()


def stopped_after(count: int, stop: pathlib.Path, control: Control, directory: pathlib.Path) -> bool:
    """Have an agent die after so many changes; say whether it came that far. Then a new one, and the comparison."""
    stop.write_text(str(count))
    died = dies(control, directory)
    stop.write_text(str(ENDLESS))
    with agent(control, directory) as successor:
        successor.run_once()
        found = list(successor.holdings().differences)
    assert found == [], (count, found)
    return died


def dies(control: Control, directory: pathlib.Path) -> bool:
    """Have an agent converge; say whether its netlink program died."""
    with agent(control, directory) as first:
        try:
            first.run_once()
        except errors.CumuloError:
            return True
    return False


def emptied(control: Control, directory: pathlib.Path, count: int, stop: pathlib.Path) -> None:
    """All of it removed, by an agent that is stopped as well, and one that is not."""
    control.ports, control.routers, control.floating = {}, {}, {}
    control.revision += 1
    stop.write_text(str(count % 7))
    dies(control, directory)
    stop.write_text(str(ENDLESS))
    assert not dies(control, directory), count
    left = [name for _, name in socket.if_nameindex() if name.startswith("cu")]
    assert left == [] and not [each for each in os.listdir("/run/netns") if each.startswith("cu")], (count, left)
    assert "cumulo" not in run("nft", "list", "tables")


def gates(directory: pathlib.Path) -> None:
    """Have the programs that change a host be found behind their gates."""
    folder = directory / "gates"
    folder.mkdir()
    for name, sign in CHANGING.items():
        real = shutil.which(name)
        if real is not None:
            (folder / name).write_text(GATE.format(sign=sign, real=real))
            (folder / name).chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def main() -> None:
    """Count up until nobody dies any more."""
    run("ip", "link", "set", "lo", "up")
    for wire in ("eth0", "eth1"):
        run("ip", "link", "add", wire, "type", "veth", "peer", "name", f"{wire}-wire")
        run("ip", "link", "set", wire, "up")
    if MECHANISM == kernel.OPENVSWITCH:
        run("mount", "-t", "tmpfs", "run", "/run")
        run("mkdir", "-p", "/run/netns", "/run/lock")
        begin_switch(run, "eth0", "wire0")
        run("ip", "address", "add", "192.0.2.1/24", "dev", "wire0")
    program.PATH = pathlib.Path(__file__).parents[1] / "lab" / "stopping.py"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        stop = directory / "stop"
        os.environ["CUMULO_LAB_STOP"] = str(stop)
        stop.write_text(str(ENDLESS))
        gates(directory)
        step = int(os.environ.get("CUMULO_LAB_EVERY", EVERY))
        count = 0
        while True:
            control = topology()
            died = stopped_after(count, stop, control, directory)
            emptied(control, directory, count, stop)
            if not died:
                break
            count += step
    print(f"{MECHANISM}: an agent was stopped after 0, {step} ... {count - step} changes: nothing differed, nothing was left", flush=True)


if __name__ == "__main__":
    main()
