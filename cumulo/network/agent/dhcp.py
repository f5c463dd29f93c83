"""DHCP and names of a network: what dnsmasq reads (rendered, pure) and dnsmasq itself (looked after by its pid file).

dnsmasq runs in the network's namespace and outlives the agent, so that a restart of the agent is
not noticed by a guest. It answers known cards only, each with the address of its port. A change
of ports is a new hosts file and SIGHUP; a change of options, or a lease that must go, is a restart:
dnsmasq keeps leases in memory and writes them back over whatever was removed from the file.

It also answers for the names of the network's ports, and refuses all others: a guest is told of it first, and of servers
for the rest of the world after it.
"""

from __future__ import annotations

import ipaddress
import os
import pathlib
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cumulo.common import names
from cumulo.common.audit.holdings import HeldDhcp
from cumulo.common.clock import Clock
from cumulo.network import dns
from cumulo.network.agent import bridge
from cumulo.network.agent.dnsmasq import Dnsmasq, write

Network = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_OPTION = re.compile(r"[a-zA-Z0-9-]{1,64}")


def render_config(network: Network, directory: pathlib.Path, name_servers: Sequence[str], lease_s: int,
                  domain: str = "") -> str:
    """The configuration file: one static range per subnet, options tagged by subnet, names of ports and no others."""
    own = domain_of(network, domain)
    lines = [
        "port=53", "no-hosts", "no-resolv", "no-ping", "except-interface=lo", f"addn-hosts={directory / 'names'}",
        *([f"local=/{own}/", f"dhcp-option=option:domain-name,{own}"] if own else []), "quiet-dhcp", "user=root", "group=root",
        "interface=dhcp0", "bind-interfaces", "dhcp-authoritative", "dhcp-ignore=tag:!known", "dhcp-lease-max=65536",
        f"pid-file={directory / 'pid'}", f"dhcp-leasefile={directory / 'leases'}",
        f"dhcp-hostsfile={directory / 'hosts'}", f"dhcp-option=option:mtu,{network['mtu']}",
    ]
    for subnet in bridge.dhcp_subnets(network):
        lines += (_subnet6_lines if subnet["ip_version"] == 6 else _subnet_lines)(subnet, name_servers, lease_s)
    for port in network["ports"]:
        lines += sorted(_option_lines(port))
    return "\n".join(lines) + "\n"


def _subnet_lines(subnet: Mapping[str, Any], name_servers: Sequence[str], lease_s: int) -> list[str]:
    cidr, tag = ipaddress.ip_network(subnet["cidr"]), f"subnet-{subnet['id']}"
    servers = subnet["dns_nameservers"] or [subnet["dhcp_address"], *name_servers]
    routes = [f"{bridge.METADATA_ADDRESS}/32,{subnet['dhcp_address']}"]
    routes += [f"{each['destination']},{each['nexthop']}" for each in subnet["host_routes"]]
    if subnet["gateway_ip"]:
        # A client that reads option 121 ignores option 3 (RFC 3442), so the default route is in both.
        routes.append(f"0.0.0.0/0,{subnet['gateway_ip']}")
    router = f"option:router,{subnet['gateway_ip']}" if subnet["gateway_ip"] else "option:router"
    lines = [f"dhcp-range=set:{tag},{cidr.network_address},static,{cidr.netmask},{lease_s}s",
             f"dhcp-option=tag:{tag},{router}",
             f"dhcp-option=tag:{tag},option:classless-static-route,{','.join(routes)}"]
    return [*lines, f"dhcp-option=tag:{tag},option:dns-server{''.join(',' + each for each in servers)}"]


def _subnet6_lines(subnet: Mapping[str, Any], name_servers: Sequence[str], lease_s: int) -> list[str]:
    """DHCPv6 gives addresses; who the router is only advertisements say."""
    cidr, tag = ipaddress.ip_network(subnet["cidr"]), f"subnet-{subnet['id']}"
    servers = [f"[{each}]" for each in subnet["dns_nameservers"] if ":" in each]
    lines = [f"dhcp-range=set:{tag},{cidr.network_address},static,{cidr.prefixlen},{lease_s}s"]
    return [*lines, *([f"dhcp-option=tag:{tag},option6:dns-server,{','.join(servers)}"] if servers else [])]


def _option_lines(port: Mapping[str, Any]) -> Iterator[str]:
    """What a port's guest is told besides; a value with a line break would be another line, so it has none."""
    for option in port.get("extra_dhcp_opts", ()):
        name, value = option["opt_name"], option["opt_value"]
        if "\n" in value or not _OPTION.fullmatch(name):
            continue
        word = "option6" if option.get("ip_version") == 6 else "option"
        known = name if name.isdigit() and word == "option" else f"{word}:{name}"
        yield f"dhcp-option-force=tag:{_tag(port)},{known},{value}"


def _tag(port: Mapping[str, Any]) -> str:
    return f"port-{port['id']}"


def known_hosts(network: Network) -> list[tuple[str, str, str]]:
    """(card, address, host name) of every port, for each subnet that is served."""
    served = {subnet["id"] for subnet in bridge.dhcp_subnets(network)}
    found = []
    for port in network["ports"]:
        seen: set[str] = set()
        for fixed in port["fixed_ips"]:
            if fixed["subnet_id"] in served and fixed["subnet_id"] not in seen:
                seen.add(fixed["subnet_id"])
                address = fixed["ip_address"]
                found.append((port["mac_address"], address,
                              port.get("dns_name") or port.get("hostname") or f"host-{re.sub('[.:]', '-', address)}"))
    return found


def domain_of(network: Network, domain: str) -> str:
    """What names end with in a network: its own domain, or the usual one; written as dnsmasq writes it."""
    found = str(network.get("dns_domain") or domain).strip(".")
    return found if _NAME.fullmatch(found) else ""


def render_names(network: Network, domain: str) -> str:
    """The file of names: each address with the name in full, and without its domain."""
    lines = []
    for port in network["ports"]:
        named = {"dns_name": port.get("dns_name") or "", "hostname": port.get("hostname") or ""}
        for fixed in port["fixed_ips"]:
            said = dns.assignment(named, fixed["ip_address"], (port.get("dns_domain") or "").strip(".") or domain_of(network, domain))
            names_of = [said["fqdn"].strip("."), said["hostname"]]
            if all(map(_NAME.fullmatch, names_of)):
                lines.append(f"{fixed['ip_address']} {' '.join(dict.fromkeys(names_of))}\n")
    return "".join(sorted(lines))


def render_hosts(network: Network) -> str:
    """The hosts file: which card gets which address and name."""
    tags = {port["mac_address"]: f",set:{_tag(port)}" for port in network["ports"] if port.get("extra_dhcp_opts")}
    return "".join(f"{card},{f'[{address}]' if ':' in address else address},{name}{tags.get(card, '')}\n"
                   for card, address, name in known_hosts(network))


def kept_leases(text: str, network: Network) -> str:
    """The lease file without the leases of cards that the network no longer knows at that address."""
    known = {(card, address) for card, address, _ in known_hosts(network)}
    addresses = {address for _, address in known}
    kept = []
    for line in text.splitlines():
        parts = line.split()
        # DHCPv6 names cards otherwise: by what the guest calls itself. The server's own such name is a line too.
        is_known = ((parts[1].lower(), parts[2]) in known or ":" in parts[2] and parts[2] in addresses
                    if len(parts) >= 3 else parts[:1] == ["duid"])
        if is_known:
            kept.append(line + "\n")
    return "".join(kept)


class Dhcp:
    """The DHCP servers of a host, one folder each below `directory`."""

    def __init__(self, directory: pathlib.Path, name_servers: Sequence[str], lease_s: int, clock: Clock,
                 domain: str = "") -> None:
        self._domain = domain
        self._directory = directory
        self._name_servers = tuple(name_servers)
        self._lease_s = lease_s
        self._dnsmasq = Dnsmasq(clock)

    def apply(self, network: Network) -> None:
        """Have the network's DHCP server run with the options and the hosts it must have."""
        if not bridge.dhcp_subnets(network):
            self.remove(network["id"])
            return
        folder = self._directory / network["id"]
        folder.mkdir(parents=True, exist_ok=True)
        new_hosts = write(folder / "hosts", render_hosts(network))
        new_names = write(folder / "names", render_names(network, self._domain))
        new_config = write(folder / "conf", render_config(network, folder, self._name_servers, self._lease_s, self._domain))
        leases = folder / "leases"
        held = leases.read_text() if leases.exists() else ""
        process = self._dnsmasq.process(folder)
        if process is None or new_config or kept_leases(held, network) != held:
            self._restart(network, folder)
        elif new_hosts or new_names:
            os.kill(process, signal.SIGHUP)

    def is_healthy(self, network: Network) -> bool:
        """Say whether the server runs, where there must be one."""
        return not bridge.dhcp_subnets(network) or self._dnsmasq.process(self._directory / network["id"]) is not None

    def remove(self, network_id: str) -> None:
        """Stop the server and forget its leases; idempotent."""
        self._dnsmasq.remove(self._directory / network_id)

    def held(self) -> tuple[HeldDhcp, ...]:
        """The servers whose folders are here."""
        present = sorted(self._directory.iterdir()) if self._directory.is_dir() else ()
        return tuple(_held(folder, self._dnsmasq.process(folder) is not None) for folder in present)

    def processes(self) -> tuple[str, ...]:
        """The network ids that running DHCP servers of ours were started for, whether or not their folders are left."""
        named = re.compile(rb"--conf-file=%s/([^/\0]+)/conf\0" % re.escape(os.fsencode(self._directory)))
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += named.findall(path.read_bytes())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
        return tuple(sorted(network_id.decode() for network_id in found))

    def sweep(self, keep: set[str]) -> None:
        """Remove the servers of networks that are not to be here."""
        present = self._directory.iterdir() if self._directory.is_dir() else ()
        for network_id in {each.name for each in present} - keep:
            self.remove(network_id)

    def _restart(self, network: Network, folder: pathlib.Path) -> None:
        self._dnsmasq.stop(folder)
        leases = folder / "leases"
        if leases.exists():  # read again: the server may have given one out until it stopped
            write(leases, kept_leases(leases.read_text(), network))
        self._dnsmasq.start(folder, bridge.NAMESPACES / names.dhcp_namespace(network["id"]))


def _held(folder: pathlib.Path, is_running: bool) -> HeldDhcp:
    hosts = (line.split(",") for line in _lines(folder / "hosts"))
    leases = (line.split() for line in _lines(folder / "leases"))
    return HeldDhcp(folder.name, is_running,
                    tuple((parts[0].lower(), parts[1].strip("[]")) for parts in hosts if len(parts) > 1),
                    tuple((parts[1].lower(), parts[2]) for parts in leases if len(parts) > 2 and ":" not in parts[2]))


def _lines(path: pathlib.Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
