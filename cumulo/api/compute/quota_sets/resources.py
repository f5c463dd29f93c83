"""What quotas name at each microversion, shared by the quotas of projects and those of classes.

    2.36 what is the network's went   2.57 injected files went
"""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.wsgi.route import Request
from cumulo.compute.quotas import FIELDS, FILE_FIELDS, Limits

NETWORK = {"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1}
"""Clients of older versions name these; nothing here is limited by them, so they are kept and shown, and that is all."""
NUMBER = {"anyOf": [{"type": "integer", "minimum": -1, "maximum": 0x7FFFFFFF},
                    {"type": "string", "pattern": "^-?[0-9]{1,9}$"}]}


def shown(request: Request, limits: Limits, rows: Mapping[str, int], *, network_until: str = "2.36") -> dict[str, int]:
    """Return the limits by the names that this version has; rows are those that somebody set."""
    found = {name: getattr(limits, field) for name, field in FIELDS.items()}
    if not request.is_at_least(network_until):
        found |= {name: rows.get(name, most) for name, most in NETWORK.items()}
    if not request.is_at_least("2.57"):
        found |= {name: getattr(limits, field) for name, field in FILE_FIELDS.items()}
    return found


def schema(key: str, *, network_until: str = "2.36", **more: Any) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the schema of a body that sets limits, at each version that changed it."""
    every = [*FIELDS, *NETWORK, *FILE_FIELDS]
    steps = (("2.1", every), (network_until, [*FIELDS, *FILE_FIELDS]), ("2.57", [*FIELDS]))
    return tuple((version, parts.wrapped(key, dict.fromkeys(names, NUMBER) | more)) for version, names in steps)


def numbers(asked: Mapping[str, Any]) -> dict[str, int]:
    """Return the limits that a body sets."""
    return {name: int(value) for name, value in asked.items() if name in FIELDS or name in NETWORK or name in FILE_FIELDS}
