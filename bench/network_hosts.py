"""What a host with many ports costs its network agent: rules, tunnels, routers, a restart. Root; in a namespace of its own.

    python -m bench.network_hosts [--ports 1000 10000]

Ports are rendered as the agent gets them, all in one security group that lets its own members in; but for two they have
no cards, as nothing of what is measured depends on that. Those two ping one another all the while: what is lost is counted.
The other half of the ports is on another host. Best of three where a change is repeated.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from cumulo.common import names
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.driver import LinuxDriver, Rules
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import Place
from cumulo.network.agent.metadata import FactsCache, MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers
from cumulo.network.agent.wanted import Wanted

NETWORK, OUTSIDE = "01234567-89ab-4def-8123-456789abcdef", "76543210-89ab-4def-8123-456789abcdef"
INSIDE = "CUMULO_BENCH_INSIDE"
RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
        "remote_prefix": None, "remote_set": None}
RULES = [RULE | {"remote_set": "g"}, *(RULE | {"direction": way, "protocol": "icmp", "port_range_min": None, "port_range_max": None}
                                       for way in ("ingress", "egress"))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", type=int, nargs="+", default=[1000, 10000])
    counts = parser.parse_args().ports
    if INSIDE not in os.environ:
        argv = ["unshare", "--net", "--mount", sys.executable, "-m", "bench.network_hosts", "--ports", *map(str, counts)]
        subprocess.run(argv, env=os.environ | {INSIDE: "1"}, check=True)
        return
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    os.makedirs("/run/netns")
    for count in counts:
        measure(count)


def measure(count: int) -> None:
    """One host with so many ports, and as many on another one."""
    wanted = host(count)
    network, group = wanted.networks[NETWORK], wanted.groups["g"]
    devices, firewall = Devices(Place("127.0.0.1")), Firewall(tracks=True)
    print(f"{count} ports here, {count} on another host")
    say("  devices and tunnel, made", lambda: devices.apply(network, ()))
    say("  rules, made", lambda: firewall.apply(wanted))
    with pinging(network["bridge"], *network["ports"][:2]):
        say("  a rule of the group changed", lambda: changed(firewall, wanted, group), 3)
        say("  a rule of the group went", lambda: went(firewall, wanted, group), 3)
        say("  a member joined", lambda: joined(firewall, wanted), 3)
        say("  a port of the other host came", lambda: came(devices, wanted), 3)
        say("  restart: everything compared or replaced", lambda: restarted(wanted), 3)
        with tempfile.TemporaryDirectory() as directory:
            driver = made_driver(pathlib.Path(directory))
            driver.apply(network, wanted)
            driver.apply(wanted.networks[OUTSIDE], wanted)
            wanted.routers["r"] = router()
            driver.settle(wanted)
            for what, is_here in (("came", True), ("went", False)):
                say(f"  a router's gateway {what}", lambda now=is_here: gateway(driver, wanted, now))
            for what, is_here in (("came", True), ("went", False)):
                say(f"  a floating address {what}", lambda now=is_here: floats(driver, wanted, now))
            wanted.routers.clear()
            driver.sweep(wanted)
            driver.settle(wanted)
    for each in wanted.networks.values():
        subprocess.run(["ip", "link", "del", each["bridge"]], check=True)
    subprocess.run(["nft", "flush", "ruleset"], check=True)


@contextlib.contextmanager
def pinging(bridge: str, one: dict[str, Any], other: dict[str, Any]) -> Iterator[None]:
    """Two guests, one of which pings the other for the time of a block; prints what was lost."""
    for each in (one, other):
        name, tap, address = f"g{each['id'][:8]}", names.tap_name(each["id"]), each["fixed_ips"][0]["ip_address"]
        for words in (("netns", "add", name), ("link", "add", tap, "type", "veth", "peer", "name", "eth0", "netns", name),
                      ("link", "set", tap, "master", bridge, "up"),
                      ("-n", name, "link", "set", "eth0", "address", each["mac_address"], "up"),
                      ("-n", name, "address", "add", f"{address}/8", "dev", "eth0")):
            subprocess.run(["ip", *words], check=True)
    argv = ["ip", "netns", "exec", f"g{one['id'][:8]}", "ping", "-n", "-q", "-i", "0.05", other["fixed_ips"][0]["ip_address"]]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as asking:
        yield
        asking.send_signal(2)
        said = asking.communicate()[0]
    print("  a running ping meanwhile: " + next(line for line in said.splitlines() if "received" in line), flush=True)
    for each in (one, other):
        subprocess.run(["ip", "netns", "del", f"g{each['id'][:8]}"], check=True)


def made_driver(directory: pathlib.Path, devices: Devices | None = None) -> LinuxDriver:
    """The driver of an agent."""
    clock, threads = Clock(), Threads()

    def nobody(network_id: str, address: str) -> Any:
        raise LookupError(address)

    metadata = MetadataServers(FactsCache(nobody, clock, 1.0), threads)
    routers = Routers("h", metadata, Announcers(directory / "announce", Dnsmasq(clock)))
    return LinuxDriver(devices or Devices(Place("127.0.0.1")), Dhcp(directory / "dhcp", [], 3600, clock), metadata,
                       Rules(Nat(), Firewall(tracks=True)), routers)


def gateway(driver: LinuxDriver, wanted: Wanted, is_here: bool) -> None:
    """The host becomes the router's gateway, or another one does."""
    wanted.routers["r"]["gateway"] |= {"is_here": is_here, "tunnel_address": None if is_here else "192.0.2.2"}
    driver.settle(wanted)


def floats(driver: LinuxDriver, wanted: Wanted, is_here: bool) -> None:
    """A floating address moves to a port here, or away."""
    wanted.routers["r"]["floating"][0]["is_here"] = is_here
    driver.settle(wanted)


def router() -> dict[str, Any]:
    """A router of the network, its gateway elsewhere."""
    return {"id": "0fedcba9-89ab-4def-8123-456789abcdef", "admin_state_up": True, "routes": [], "transit_network_id": NETWORK,
            "interfaces": [{"port_id": "0fedcba9-0000-4def-8123-456789abcdef", "network_id": NETWORK,
                            "mac_address": "fa:16:3e:ff:ff:01", "addresses": [["10.255.255.254", 8]]}],
            "gateway": {"network_id": OUTSIDE, "mac_address": "fa:16:3e:ff:ff:02", "enable_snat": True, "is_here": False,
                        "addresses": [["203.0.113.50", 24]], "next_hops": ["203.0.113.254"], "stands_by": True,
                        "tunnel_address": "192.0.2.2"},
            "floating": [{"floating_address": "203.0.113.60", "fixed_address": "10.0.0.1", "is_here": False}],
            "forwardings": []}


def applied(firewall: Firewall, wanted: Wanted) -> None:
    """Have the filter follow."""
    wanted.filtered += 1
    firewall.apply(wanted)


def changed(firewall: Firewall, wanted: Wanted, group: dict[str, Any]) -> None:
    """Another rule."""
    group["rules"] = [*group["rules"], RULE | {"port_range_min": 1000 + len(group["rules"]), "port_range_max": 2000}]
    applied(firewall, wanted)


def went(firewall: Firewall, wanted: Wanted, group: dict[str, Any]) -> None:
    """One rule fewer; connections are looked through for what only it had let in."""
    group["rules"] = group["rules"][:-1]
    applied(firewall, wanted)


def joined(firewall: Firewall, wanted: Wanted) -> None:
    """A port more, here and in the group's list of members."""
    ports = wanted.networks[NETWORK]["ports"]
    made = port(len(ports) + 1, is_here=True)
    ports.append(made)
    wanted.prefixes["g"]["prefixes"].append(made["fixed_ips"][0]["ip_address"])
    applied(firewall, wanted)


def came(devices: Devices, wanted: Wanted) -> None:
    """A port more on the other host."""
    ports = wanted.networks[NETWORK]["ports"]
    ports.append(port(len(ports) + 1, is_here=False))
    devices.apply(wanted.networks[NETWORK], ())


def restarted(wanted: Wanted) -> None:
    """What an agent does that has just begun."""
    Devices(Place("127.0.0.1")).apply(wanted.networks[NETWORK], ())
    Firewall(tracks=True).apply(wanted)


def host(count: int) -> Wanted:
    """What is wanted of the host."""
    ports = [port(number + 1, is_here=number < count) for number in range(2 * count)]
    members = [each["fixed_ips"][0]["ip_address"] for each in ports]
    network = {"id": NETWORK, "bridge": "cu01234567-89", "mtu": 1400, "admin_state_up": True,
               "nat": False, "provider": {"type": "vxlan", "physical_network": None, "segmentation_id": 7}, "subnets": [],
               "dhcp_mac_address": None, "ports": ports}
    outside = network | {"id": OUTSIDE, "bridge": "cu76543210-89", "ports": [],
                         "provider": {"type": "local", "physical_network": None, "segmentation_id": None}}
    return Wanted({NETWORK: network, OUTSIDE: outside}, {"g": {"id": "g", "stateful": True, "rules": RULES}},
                  {"g": {"id": "g", "prefixes": members}})


def port(number: int, *, is_here: bool) -> dict[str, Any]:
    """A port by its number."""
    low, middle, high = number & 255, number >> 8 & 255, number >> 16
    return {"id": str(uuid.UUID(int=number << 96 | number)), "mac_address": f"fa:16:3e:{high:02x}:{middle:02x}:{low:02x}",
            "fixed_ips": [{"subnet_id": "s", "ip_address": f"10.{high}.{middle}.{low}"}], "is_here": is_here,
            "tunnel_address": None if is_here else "192.0.2.2", "admin_state_up": True, "port_security_enabled": True,
            "allowed_address_pairs": [], "groups": ["g"], "qos": {}, "sub_ports": []}


def say(what: str, work: Callable[[], None], times: int = 1) -> None:
    """Print the least of the times that a piece of work took."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        work()
        took.append(time.monotonic() - began)
    print(f"{what:<48}{min(took):8.2f} s", flush=True)


if __name__ == "__main__":
    main()
