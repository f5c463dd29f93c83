"""Which addresses data may be downloaded from: pure rules on a URI and on what its host resolves to.

A user names the URI, and this cloud's hosts open it, so a URI could reach what only they can reach. A name is
refused for what it says, then for what it resolves to; whoever downloads must connect to the very address that was
checked here, and ask again at each redirect.
"""

import dataclasses
import ipaddress
import re
import urllib.parse
from collections.abc import Iterable

from cumulo.common import errors

MOST_CHARACTERS = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.ASCII)
_EMBEDDING = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""Ranges of version 6 whose addresses stand for others of version 4."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is allowed. An empty allowed_hosts allows every name; what is denied is denied whatever else says.

    allowed_networks may be reached although they are not public; a name beginning with a dot stands for all below it.
    """

    schemes: tuple[str, ...] = ("http", "https")
    ports: tuple[int, ...] = (80, 443)
    allowed_hosts: tuple[str, ...] = ()
    denied_hosts: tuple[str, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    denied_networks: tuple[Network, ...] = ()


@dataclasses.dataclass(frozen=True)
class Target:
    """A URI in its parts; path holds the query."""

    scheme: str
    host: str
    port: int
    path: str


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return address ranges; raises ValueError."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())


def check(uri: str, rules: Rules) -> Target:
    """Return the parts of a URI that may be downloaded from, as far as the URI itself tells; raises BadRequest."""
    target = _parse(uri)
    if target.scheme not in rules.schemes:
        raise _refused(target, f"its scheme is not one of {', '.join(rules.schemes)}")
    if target.port not in rules.ports:
        raise _refused(target, f"port {target.port} is not one of {', '.join(map(str, rules.ports))}")
    if _is_among(target.host, rules.denied_hosts) or (
            rules.allowed_hosts and not _is_among(target.host, rules.allowed_hosts)):
        raise _refused(target, "its host is not allowed")
    literal = _literal(target.host)
    if literal is not None:
        check_address(target, literal, rules)
    return target


def check_address(target: Target, address: Address, rules: Rules) -> None:
    """Raise BadRequest for an address, which the target's host resolved to, that must not be connected to."""
    if any(address in network for network in rules.denied_networks):
        raise _refused(target, "its address is denied")
    if any(address in network for network in rules.allowed_networks):
        return
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None:
        check_address(target, inner, rules)
        return
    embeds = any(address in network for network in _EMBEDDING)
    if not address.is_global or address.is_multicast or address.is_reserved or embeds:
        raise _refused(target, "its address is not a public one")


def _parse(uri: str) -> Target:
    wrong = errors.BadRequest("The URI cannot be read: it is scheme://host[:port]/path, without a user or blanks.")
    if len(uri) > MOST_CHARACTERS or not uri.isascii() or not uri.isprintable() or any(c in uri for c in ' \\"<>'):
        raise wrong
    try:
        parts = urllib.parse.urlsplit(uri)
        port = parts.port
    except ValueError as failure:
        raise wrong from failure
    host = (parts.hostname or "").rstrip(".")
    if "@" in parts.netloc or not (_HOST.fullmatch(host) or _literal(host)):
        raise wrong
    scheme = parts.scheme.lower()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, host, _DEFAULT_PORTS.get(scheme, 0) if port is None else port, path)


def _literal(host: str) -> Address | None:
    """The address that a host is written as. Odd spellings (octal, one number) are names here, and are resolved."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_among(host: str, names: Iterable[str]) -> bool:
    return any(host == name.lower() or (name.startswith(".") and host.endswith(name.lower())) for name in names)


def _refused(target: Target, reason: str) -> errors.BadRequest:
    return errors.BadRequest(f"{target.scheme}://{target.host} does not pass filtering: {reason}.")
