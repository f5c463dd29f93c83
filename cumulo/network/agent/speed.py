"""How fast something may be, as rules of nftables that drop what is faster; pure.

Quality is what document.qos makes of rules: limits of bytes by direction, limits of packets by direction, a mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def limits(quality: Mapping[str, Any], direction: str, match: str = "") -> Iterator[str]:
    """The rules for one direction of what `match` finds, both kinds of limits."""
    yield from (f"{match} {each}".lstrip() for each in _bytes(quality.get(direction)))
    yield from (f"{match} {each}".lstrip() for each in _packets(quality.get(f"{direction}_packets")))


def _bytes(limit: Mapping[str, int] | None) -> Iterator[str]:
    """Kilobits as bytes; where no burst is said, a tenth of a second's worth, and never less than a few packets."""
    if limit:
        bytes_a_second = limit["max_kbps"] * 1000 // 8
        burst = (limit.get("max_burst_kbps") or 0) * 1000 // 8 or max(bytes_a_second // 10, 15000)
        yield f"limit rate over {bytes_a_second} bytes/second burst {burst} bytes drop"


def _packets(limit: Mapping[str, int] | None) -> Iterator[str]:
    """Thousands of packets a second; where no burst is said, a tenth of a second's worth."""
    if limit:
        burst = (limit.get("max_burst_kpps") or 0) * 1000 or max(limit["max_kpps"] * 100, 1)
        yield f"limit rate over {limit['max_kpps'] * 1000}/second burst {burst} packets drop"
