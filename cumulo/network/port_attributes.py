"""What a port is told beside its place: pure checks of allowed address pairs and DHCP options, raising BadRequest.

Host agents write these into rules and files, so nothing passes that is not an address or a plain word.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from cumulo.common import errors

Row = dict[str, Any]

MOST_PAIRS = 10
MOST_OPTIONS = 50


def address_pairs(asked: Sequence[Mapping[str, str]], mac_address: str) -> list[Row]:
    """Addresses that a port may send from beside its own; the card's own MAC address where none is named."""
    if len(asked) > MOST_PAIRS:
        raise errors.BadRequest(f"The number of allowed address pair exceeds the maximum {MOST_PAIRS}.",
                                kind="AddressPairsExhausted")
    found: list[Row] = []
    for each in asked:
        pair = {"ip_address": _address(each.get("ip_address")),
                "mac_address": (each.get("mac_address") or mac_address).lower()}
        if pair in found:
            raise errors.BadRequest(f"Request contains duplicate address pair: mac_address {pair['mac_address']} "
                                    f"ip_address {pair['ip_address']}.", kind="DuplicateAddressPairInRequest")
        found.append(pair)
    return found


def _address(text: str | None) -> str:
    """An address as it is, a range with its host bits cleared."""
    try:
        if text and "/" in text:
            return str(ipaddress.ip_network(text, strict=False))
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        raise errors.BadRequest(f"'{(text or '')[:64]}' is neither an address nor a range of them.",
                                kind="InvalidInput") from None


def dhcp_options(asked: Sequence[Mapping[str, Any]], before: Sequence[Row] = ()) -> list[Row]:
    """The options that were there, changed by those asked for: an option without a value goes."""
    found = {(each["opt_name"], each["ip_version"]): each for each in before}
    for each in asked:
        key = (each["opt_name"], int(each.get("ip_version") or 4))
        if each.get("opt_value") is None:
            found.pop(key, None)
        else:
            found[key] = {"opt_name": key[0], "opt_value": each["opt_value"], "ip_version": key[1]}
    if len(found) > MOST_OPTIONS:
        raise errors.BadRequest(f"At most {MOST_OPTIONS} DHCP options can be given.", kind="InvalidInput")
    return [found[key] for key in sorted(found)]
