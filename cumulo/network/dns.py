"""Names of ports and floating addresses: what each is called within its network, and in full. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABILITY = "dns"
"""What a host that answers for names names among the types of networks that it carries."""


def host_name(row: Mapping[str, Any], address: str) -> str:
    """What a port is called at one of its addresses: its own name, its server's, or one made of the address."""
    return str(row["dns_name"].rstrip(".") or row["hostname"] or "host-" + address.replace(".", "-").replace(":", "-"))


def assignment(row: Mapping[str, Any], address: str, domain: str) -> dict[str, str]:
    """An address of a port with its names; a name that has its domain already gets no second one."""
    name = host_name(row, address)
    is_whole = row["dns_name"].endswith(".")
    return {"ip_address": address, "hostname": name.partition(".")[0] if is_whole else name,
            "fqdn": f"{name}." if is_whole else full_name(name, domain)}


def full_name(name: str, domain: str) -> str:
    """A name with its domain, as DNS writes it; "" where it has none."""
    if not name:
        return ""
    return f"{name.rstrip('.')}.{domain.strip('.')}." if domain.strip(".") else f"{name.rstrip('.')}."
