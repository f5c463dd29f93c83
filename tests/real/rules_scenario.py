"""A program: whatever rules follow one another, the kernel ends with those that were asked for.

Started by test_network_lab in a network namespace of its own. Random ports, groups and prefixes come and go;
after each change the tables are compared with what the kernel makes of the whole text.
"""

import random
import uuid
from typing import Any

from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.wanted import Wanted

STEPS = 12
PROTOCOLS = (None, "tcp", "udp", "icmp", "sctp", "47", "vrrp", "ipv6-icmp")


def some_rule(chance: random.Random, sets: list[str]) -> dict[str, Any]:
    """A rule as the API allows it."""
    version = chance.choice(("IPv4", "IPv6"))
    protocol = chance.choice(PROTOCOLS)
    with_ports = protocol in ("tcp", "udp", "sctp", "icmp") and chance.random() < 0.7
    low = chance.randrange(0, 200) if with_ports else None
    prefix = chance.choice((None, "10.0.0.0/8", "0.0.0.0/0")) if version == "IPv4" else chance.choice((None, "::/0", "fd00::/8"))
    return {"direction": chance.choice(("ingress", "egress")), "ethertype": version, "protocol": protocol,
            "port_range_min": low, "port_range_max": low if low is None or protocol == "icmp" else low + chance.randrange(3),
            "remote_prefix": prefix, "remote_set": chance.choice([None, *sets])}


def some_port(chance: random.Random, groups: list[str]) -> dict[str, Any]:
    """A port as the document has it."""
    number = chance.randrange(1, 250)
    pairs = [{"ip_address": chance.choice(("10.9.0.0/16", "10.9.1.1", "fd00::/64", "0.0.0.0/0", "::/0")), "mac_address": None}
             for _ in range(chance.randrange(2))]
    return {"id": str(uuid.UUID(int=chance.getrandbits(128))), "mac_address": f"fa:16:3e:00:00:{number:02x}", "is_here": True,
            "fixed_ips": [{"ip_address": f"10.0.0.{number}"}, {"ip_address": f"fd00::{number:x}"}],
            "admin_state_up": chance.random() < 0.9, "port_security_enabled": chance.random() < 0.9,
            "allowed_address_pairs": pairs, "groups": chance.sample(groups, chance.randrange(len(groups) + 1)),
            "qos": chance.choice(({}, {"egress": {"max_kbps": 1000, "max_burst_kbps": 0}, "dscp_mark": 26},
                                  {"ingress": {"max_kbps": 300, "max_burst_kbps": 80}},
                                  {"egress_packets": {"max_kpps": 1, "max_burst_kpps": 0},
                                   "ingress_packets": {"max_kpps": 30, "max_burst_kpps": 5}}))}


def wanted_of(chance: random.Random, before: Wanted) -> Wanted:
    """What a host must look like next: some of what was, and something new."""
    sets = [each for each in before.prefixes if chance.random() < 0.7] + [str(uuid.UUID(int=chance.getrandbits(128)))]
    prefixes = {each: {"id": each, "prefixes": chance.sample(
        ["10.0.0.1", "10.0.0.0/24", "10.1.0.0/16", "fd00::5", "fd00::/64", "10.0.0.7"], chance.randrange(6))} for each in sets}
    groups = [each for each in before.groups if chance.random() < 0.7] + [str(uuid.UUID(int=chance.getrandbits(128)))]
    by_id = {each: {"id": each, "stateful": chance.random() < 0.8,
                    "rules": [some_rule(chance, sets) for _ in range(chance.randrange(6))]} for each in groups}
    kept = [port | {"groups": [each for each in port["groups"] if each in by_id]}
            for _, port in before.ports_here() if chance.random() < 0.7]
    ports = [*kept, *(some_port(chance, groups) for _ in range(chance.randrange(4)))]
    return Wanted({"n": {"id": "n", "bridge": "lo", "nat": False, "ports": ports}}, by_id, prefixes)


def main() -> None:
    """Walk."""
    chance = random.Random(20)
    firewall, wanted = Firewall(tracks=True), Wanted()
    for step in range(STEPS):
        wanted = wanted_of(chance, wanted)
        if step % 5 == 4:
            firewall = Firewall(tracks=True)  # as an agent that has just begun
        firewall.apply(wanted)
        assert firewall.differences(wanted) == [], (step, firewall.differences(wanted))
    firewall.apply(Wanted())
    assert firewall.differences(Wanted()) == []


if __name__ == "__main__":
    main()
