"""The Range header (RFC 9110, 14.2), as far as downloads need it: one range of bytes."""

import re

from cumulo.common import errors

_ONE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


def read(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first byte and the number of bytes asked for; None for all of them.

    A header that is not one range of bytes is ignored, as the standard wants. Raises
    RangeNotSatisfiable for a range that begins behind the end.
    """
    match = _ONE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        first, last = size - length, size - 1
    else:
        first, last = int(match[1]), min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < first:
            return None
    if first >= size or first > last:
        raise errors.RangeNotSatisfiable(f"The image has {size} bytes.")
    return first, last - first + 1
