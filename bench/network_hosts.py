"""What a host with many ports costs its network agent: rules, tunnels, a restart. Root; in a namespace of its own.

    python -m bench.network_hosts [--ports 1000 10000]

Ports are rendered as the agent gets them, all in one security group that lets its own members in; they have no cards, as
nothing of what is measured depends on that. The other half of the ports is on another host. Best of three where a change
is repeated.
"""

import argparse
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import Place
from cumulo.network.agent.wanted import Wanted

INSIDE = "CUMULO_BENCH_INSIDE"
RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
        "remote_prefix": None, "remote_set": None}


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
    network, group = wanted.networks["n"], wanted.groups["g"]
    devices, firewall = Devices(Place("127.0.0.1")), Firewall(tracks=True)
    print(f"{count} ports here, {count} on another host")
    say("  devices and tunnel, made", lambda: devices.apply(network, ()))
    say("  rules, made", lambda: firewall.apply(wanted))
    say("  a rule of the group changed", lambda: changed(firewall, wanted, group), 3)
    say("  a member joined", lambda: joined(firewall, wanted), 3)
    say("  a port of the other host came", lambda: came(devices, wanted), 3)
    say("  restart: everything compared or replaced", lambda: restarted(wanted), 3)
    devices = Devices(Place("127.0.0.1"))
    subprocess.run(["ip", "link", "del", network["bridge"]], check=True)


def changed(firewall: Firewall, wanted: Wanted, group: dict[str, Any]) -> None:
    """Another rule."""
    group["rules"] = [*group["rules"], RULE | {"port_range_min": 1000 + len(group["rules"]), "port_range_max": 2000}]
    firewall.apply(wanted)


def joined(firewall: Firewall, wanted: Wanted) -> None:
    """A port more, here and in the group's list of members."""
    ports = wanted.networks["n"]["ports"]
    made = port(len(ports) + 1, is_here=True)
    ports.append(made)
    wanted.prefixes["g"]["prefixes"].append(made["fixed_ips"][0]["ip_address"])
    firewall.apply(wanted)


def came(devices: Devices, wanted: Wanted) -> None:
    """A port more on the other host."""
    ports = wanted.networks["n"]["ports"]
    ports.append(port(len(ports) + 1, is_here=False))
    devices.apply(wanted.networks["n"], ())


def restarted(wanted: Wanted) -> None:
    """What an agent does that has just begun."""
    Devices(Place("127.0.0.1")).apply(wanted.networks["n"], ())
    Firewall(tracks=True).apply(wanted)


def host(count: int) -> Wanted:
    """What is wanted of the host."""
    ports = [port(number + 1, is_here=number < count) for number in range(2 * count)]
    members = [each["fixed_ips"][0]["ip_address"] for each in ports]
    network = {"id": "01234567-89ab-4def-8123-456789abcdef", "bridge": "cu01234567-89", "mtu": 1400, "admin_state_up": True,
               "nat": False, "provider": {"type": "vxlan", "physical_network": None, "segmentation_id": 7}, "subnets": [],
               "dhcp_mac_address": None, "ports": ports}
    return Wanted({"n": network}, {"g": {"id": "g", "stateful": True, "rules": [RULE | {"remote_set": "g"}]}},
                  {"g": {"id": "g", "prefixes": members}})


def port(number: int, *, is_here: bool) -> dict[str, Any]:
    """A port by its number."""
    low, middle, high = number & 255, number >> 8 & 255, number >> 16
    return {"id": str(uuid.UUID(int=number << 96 | number)), "mac_address": f"fa:16:3e:{high:02x}:{middle:02x}:{low:02x}",
            "fixed_ips": [{"subnet_id": "s", "ip_address": f"10.{high}.{middle}.{low}"}], "is_here": is_here,
            "tunnel_address": None if is_here else "192.0.2.2", "admin_state_up": True, "port_security_enabled": True,
            "allowed_address_pairs": [], "groups": ["g"], "qos": {}}


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
