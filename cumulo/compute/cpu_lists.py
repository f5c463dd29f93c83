"""Lists of processors as people write them: "0-3,^2,8". Pure."""

from collections.abc import Iterable

from cumulo.common import errors

MOST = 4096  # processors that a host, or a guest, may have


def read(text: str, whole: Iterable[int] = ()) -> frozenset[int]:
    """Return the processors of a list; one that only leaves some out is of the whole. Raises BadRequest."""
    named: set[int] = set()
    left_out: set[int] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        (left_out if part.startswith("^") else named).update(_range(part.removeprefix("^"), text))
    return frozenset((named or (set(whole) if left_out else set())) - left_out)


def _range(part: str, text: str) -> range:
    first, dash, last = (each.strip() for each in part.partition("-"))
    if not all(each.isascii() and each.isdigit() and len(each) < 6 for each in ((first, last) if dash else (first,))):
        raise errors.BadRequest(f"{text[:64]!r} is no list of processors, such as 0-3,^2,8.")
    found = range(int(first), int(last or first) + 1)
    if not found or found[-1] >= MOST:
        raise errors.BadRequest(f"{text[:64]!r} is no list of processors: {part!r} names none, or too many.")
    return found


def write(processors: Iterable[int]) -> str:
    """Return the list of some processors, the shortest one; empty for none."""
    ranges: list[list[int]] = []
    for each in sorted(processors):
        if ranges and each == ranges[-1][1] + 1:
            ranges[-1][1] = each
        else:
            ranges.append([each, each])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
