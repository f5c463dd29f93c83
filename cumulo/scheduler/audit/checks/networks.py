"""What a host's networks must look like, and the devices, DHCP, metadata and rules that it holds.

A network that changed after the revision the agent had reached is not judged: the agent is about
to make it so. An agent that does not get there is named by `revisions`.
"""

import dataclasses
from collections.abc import Callable, Iterator

from cumulo.common import names
from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import NetworkHoldings
from cumulo.scheduler.audit.facts import Facts, Port, Subnet, network_target

KINDS = {
    "device_missing": "A host lacks a bridge, tunnel, pair or namespace of a network or router it needs.",
    "device_stray": "A host has a bridge, tunnel, pair or namespace of a network or router it does not need.",
    "network_differs": "Something on a host is not as its network agent last made it.",
    "dhcp_missing": "A network's DHCP server does not run on a host that needs it.",
    "dhcp_stray": "A host runs, or keeps files of, a DHCP server of a network it does not need.",
    "dhcp_entry_missing": "A DHCP server does not know the card of a port that is bound to its host.",
    "dhcp_entry_stray": "A DHCP server knows, or has leased to, a card that no port of the network has.",
    "metadata_missing": "A network's metadata is not served on a host that needs it.",
    "metadata_stray": "A host serves the metadata of a network it does not need.",
    "rule_missing": "A host lacks the firewall or NAT rule of a network.",
    "rule_stray": "A host has a firewall or NAT rule of a network it does not need.",
    "bridge_card_missing": "The card of a bound port is not in its network's bridge.",
    "bridge_card_stray": "A bridge of ours holds a card of no port that is bound to the host.",
}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What one network must have on a host where a port of it is bound."""

    network_id: str
    serves_dhcp: bool
    masqueraded: frozenset[str]
    entries: frozenset[tuple[str, str]]  # what its DHCP server may know
    bound: tuple[tuple[Port, tuple[tuple[str, str], ...]], ...]  # ports bound here, with the entries each needs


@dataclasses.dataclass(frozen=True)
class Host:
    """One host that was heard, and the networks it needs."""

    name: str
    held: NetworkHoldings
    wanted: dict[str, Wanted]
    unsettled: frozenset[str]  # networks that changed after the revision the agent had reached

    def judged(self) -> Iterator[Wanted]:
        """The networks it needs and has had time for."""
        return (each for network_id, each in sorted(self.wanted.items()) if network_id not in self.unsettled)

    def differs(self, kind: str, subject: str, one: str, other: str, mark: str = "") -> Difference:
        """Return a difference seen on this host."""
        return Difference(kind, subject, one, other, host=self.name, heard=(network_target(self.name),), mark=mark)


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every network host that was heard."""
    for name, held in sorted(facts.network.items()):
        host = _host(name, held, facts)
        yield from _devices(host, facts)
        yield from _dhcp(host)
        yield from _metadata(host)
        yield from _rules(host, facts)
        yield from _cards(host, facts)
        for said in host.held.differences:
            yield host.differs("network_differs", name, f"the network agent of {name} made it otherwise", said, mark=said)


def _host(name: str, held: NetworkHoldings, facts: Facts) -> Host:
    own = {port.network_id for port in facts.database.ports if port.host == name}
    needed = sorted(own | facts.database.needed.get(name, frozenset()))
    wanted = {network_id: _wanted(name, network_id, facts) for network_id in needed if network_id in facts.networks}
    unsettled = frozenset(each for each, revision in facts.database.changes.items() if revision > held.revision)
    return Host(name, held, wanted, unsettled)


def _wanted(host: str, network_id: str, facts: Facts) -> Wanted:
    subnets = facts.subnets_by_network.get(network_id, [])
    ports = facts.ports_by_network.get(network_id, [])
    dhcp = [each for port in ports if port.is_dhcp for each in facts.addresses_by_port.get(port.id, ())]
    has_address = {each.subnet_id for each in dhcp}
    served = {each.id for each in subnets if each.gets_dhcp and each.id in has_address}
    entries = {port.id: _entries(port, served, facts) for port in ports if not port.is_dhcp}
    return Wanted(
        network_id, bool(served), frozenset(_masqueraded(host, network_id, subnets, facts)),
        frozenset(pair for pairs in entries.values() for pair in pairs),
        tuple((port, entries[port.id]) for port in ports if port.host == host and port.id in entries))


def _entries(port: Port, served: set[str], facts: Facts) -> tuple[tuple[str, str], ...]:
    """A DHCP server knows one address of a card for each range it serves."""
    first: dict[str, str] = {}
    for address in facts.addresses_by_port.get(port.id, ()):
        if address.subnet_id in served:
            first.setdefault(address.subnet_id, address.ip_address)
    return tuple((port.mac_address, address) for address in first.values())


def _masqueraded(host: str, network_id: str, subnets: list[Subnet], facts: Facts) -> Iterator[str]:
    network = facts.networks[network_id]
    if network.has_nat and network.physical_network not in facts.database.wired.get(host, ()):
        yield from (each.cidr for each in subnets if each.ip_version == 4 and each.gateway_ip)


def _devices(host: Host, facts: Facts) -> Iterator[Difference]:
    held = (*host.held.bridges, *host.held.tunnels, *host.held.pairs, *host.held.namespaces, *host.held.routers)
    for each in host.judged():
        for name in sorted(_needed_names(each, facts) - set(held)):
            yield host.differs("device_missing", each.network_id, _needs(host, each),
                               f"no device or namespace {name} there", mark=name)
    routers = facts.database.needed_routers.get(host.name, frozenset())
    for router_id in sorted(routers - host.unsettled):
        if names.router_namespace(router_id) not in held:
            yield host.differs("device_missing", router_id, f"router {router_id} is needed on {host.name}",
                               "no namespace of it there", mark=names.router_namespace(router_id))
    needed = {name for each in host.wanted.values() for name in _needed_names(each, facts)}
    needed |= set(map(names.router_namespace, routers))
    strays = [name for name in held if name not in needed]
    owners = _owners(facts, lambda some_id: {*_device_names(some_id, True, True), names.router_namespace(some_id)}) if strays else {}
    for name in strays:
        network_id = owners.get(name, "")
        if network_id not in host.unsettled:
            yield host.differs("device_stray", network_id or name, f"device or namespace {name} on host {host.name}",
                               "no port bound there needs it", mark=name)


def _owners(facts: Facts, named: Callable[[str], set[str]]) -> dict[str, str]:
    """Whose each name is, deleted networks included: made only where there is something to explain."""
    known = (*facts.database.changes, *facts.networks)
    return {name: network_id for network_id in known for name in named(network_id)}


def _needed_names(wanted: Wanted, facts: Facts) -> set[str]:
    return _device_names(wanted.network_id, wanted.serves_dhcp, facts.networks[wanted.network_id].has_tunnel)


def _device_names(network_id: str, serves_dhcp: bool, has_tunnel: bool) -> set[str]:
    inside = {names.dhcp_pair_name(network_id), names.dhcp_namespace(network_id)} if serves_dhcp else set()
    return {names.bridge_name(network_id)} | inside | ({names.tunnel_name(network_id)} if has_tunnel else set())


def _dhcp(host: Host) -> Iterator[Difference]:
    held = {each.network_id: each for each in host.held.dhcp}
    for each in host.judged():
        if each.serves_dhcp:
            server = held.get(each.network_id)
            if server is None or not server.is_running:
                yield host.differs("dhcp_missing", each.network_id, _needs(host, each), "no DHCP server runs there")
            else:
                yield from _dhcp_entries(host, each, server.entries, server.leases)
    for network_id in sorted({*held, *host.held.processes}):
        if network_id not in host.unsettled and not _serves(host, network_id):
            what = "process" if network_id in host.held.processes else "files"
            yield host.differs("dhcp_stray", network_id, f"DHCP {what} of network {network_id} on host {host.name}",
                               "no port bound there needs it")


def _dhcp_entries(host: Host, wanted: Wanted, known: tuple[tuple[str, str], ...],
                  leased: tuple[tuple[str, str], ...]) -> Iterator[Difference]:
    for port, pairs in wanted.bound:
        for card, address in sorted(set(pairs) - set(known)):
            yield Difference("dhcp_entry_missing", port.id, f"port {port.id} is bound to {host.name}",
                             f"the DHCP server there does not know {card} {address}", host=host.name,
                             server_id=port.device_id or None, heard=(network_target(host.name),), mark=address)
    for card, address in sorted((set(known) | set(leased)) - wanted.entries):
        yield host.differs("dhcp_entry_stray", wanted.network_id, f"DHCP of network {wanted.network_id} on host "
                           f"{host.name} knows {card} {address}", "no port of the network", mark=f"{card} {address}")


def _metadata(host: Host) -> Iterator[Difference]:
    for each in host.judged():
        if each.serves_dhcp and each.network_id not in host.held.metadata:
            yield host.differs("metadata_missing", each.network_id, _needs(host, each),
                               "its metadata is not served there")
    for network_id in host.held.metadata:
        if network_id not in host.unsettled and not _serves(host, network_id):
            yield host.differs("metadata_stray", network_id, f"host {host.name} serves the metadata of network "
                               f"{network_id}", "no port bound there needs it")


def _serves(host: Host, network_id: str) -> bool:
    return network_id in host.wanted and host.wanted[network_id].serves_dhcp


def _rules(host: Host, facts: Facts) -> Iterator[Difference]:
    """Rules are pairs of (range or "", bridge): the range is masqueraded, or the bridge isolated."""
    held = {*host.held.masqueraded, *(("", bridge) for bridge in host.held.isolated)}
    wanted = {rule: each for each in host.wanted.values() for rule in _wanted_rules(each)}
    for rule in sorted(wanted.keys() - held):
        if wanted[rule].network_id not in host.unsettled:
            yield host.differs("rule_missing", wanted[rule].network_id, _needs(host, wanted[rule]),
                               f"no rule there that {_describe(rule)}", mark=" ".join(rule))
    strays = sorted(held - wanted.keys())
    owners = _owners(facts, lambda network_id: {names.bridge_name(network_id)}) if strays else {}
    for rule in strays:
        network_id = owners.get(rule[1], "")
        if network_id not in host.unsettled:
            yield host.differs("rule_stray", network_id or rule[1], f"a rule on host {host.name} {_describe(rule)}",
                               "no port bound there needs it", mark=" ".join(rule))


def _wanted_rules(wanted: Wanted) -> set[tuple[str, str]]:
    bridge = names.bridge_name(wanted.network_id)
    return {("", bridge), *((cidr, bridge) for cidr in wanted.masqueraded)}


def _describe(rule: tuple[str, str]) -> str:
    return f"masquerades {rule[0]} of bridge {rule[1]}" if rule[0] else f"isolates bridge {rule[1]}"


def _cards(host: Host, facts: Facts) -> Iterator[Difference]:
    """Cards in bridges of ours, against ports bound here; the hypervisor says which of those ought to be plugged."""
    if not host.held.sees_cards and not host.held.cards:
        return
    owners = {names.tap_name(port.id): port for port in facts.database.ports}
    for device, bridge in host.held.cards:
        port = owners.get(device)
        if port is None or port.host != host.name or names.bridge_name(port.network_id) != bridge:
            whose = f"port {port.id} is bound to {port.host or 'no host'}" if port else "no port of that name"
            one = f"bridge {bridge} on host {host.name} holds the card {device}"
            yield Difference("bridge_card_stray", device, one, whose, host=host.name, heard=(network_target(host.name),),
                             server_id=port.device_id or None if port else None)
    if host.held.sees_cards and host.name in facts.compute:
        yield from _unplugged(host, facts)


def _unplugged(host: Host, facts: Facts) -> Iterator[Difference]:
    running = {device for each in facts.compute[host.name].servers for device in each.devices}
    held = dict(host.held.cards)
    for wanted in host.judged():
        for port, _ in wanted.bound:
            device, bridge = names.tap_name(port.id), names.bridge_name(port.network_id)
            if device in running and held.get(device) != bridge:
                yield Difference("bridge_card_missing", port.id, f"port {port.id} is bound to {host.name}",
                                 f"its card {device} is not in bridge {bridge}", host=host.name,
                                 server_id=port.device_id or None, heard=(network_target(host.name),))


def _needs(host: Host, wanted: Wanted) -> str:
    return f"network {wanted.network_id} has ports bound to {host.name}"
