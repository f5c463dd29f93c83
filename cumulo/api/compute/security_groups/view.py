"""Security groups as compute shows them: what they let in, each rule with ports, a range or a group. Pure."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
_ANY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def group(row: Row, names: Mapping[str, Row]) -> dict[str, Any]:
    """Return a group; names holds the rows of the groups that its rules speak of, by id."""
    return {"id": row["id"], "name": row["name"], "description": row["description"], "tenant_id": row["project_id"],
            "rules": [rule(each, names) for each in row["security_group_rules"] if each["direction"] == "ingress"]}


def rule(row: Row, names: Mapping[str, Row]) -> dict[str, Any]:
    """Return a rule that lets something in."""
    low, high = row["port_range_min"], row["port_range_max"]
    if (low, high) == (None, None):
        low, high = {"icmp": (-1, -1), "tcp": (1, 65535), "udp": (1, 65535)}.get(row["protocol"], (None, None))
    shown = {"id": row["id"], "parent_group_id": row["security_group_id"], "ip_protocol": row["protocol"],
             "from_port": low, "to_port": high, "group": {}, "ip_range": {}}
    remote = row["remote_group_id"]
    if remote:
        about = names.get(remote)
        return shown | {"group": {"name": about["name"], "tenant_id": about["project_id"]} if about else {}}
    return shown | {"ip_range": {"cidr": row["remote_ip_prefix"] or _ANY[row["ethertype"]]}}
