"""Regular expressions that callers send: only those that no text can make slow.

Engines that track back need time that grows exponentially with the text where one repetition stands in another, or a
choice in a repetition, and as a power of it with every further repetition. One such request would hold up all others.
"""

import re

from cumulo.common import errors

MOST_LENGTH = 255
MOST_REPETITIONS = 3
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_REPEATS = ("*", "+", "?", "{")


def check(pattern: str) -> re.Pattern[str]:
    """Return the compiled expression; raises BadRequest for one that cannot be read or may take long."""
    if len(pattern) > MOST_LENGTH:
        raise errors.BadRequest(f"A filter has at most {MOST_LENGTH} characters.")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as failure:
        raise errors.BadRequest(f"{pattern[:64]!r} is not a valid regular expression.") from failure
    if not _is_quick(pattern):
        raise errors.BadRequest(
            f"{pattern[:64]!r} may take long: at most {MOST_REPETITIONS} repetitions, and none of a group.")
    return compiled


def _is_quick(pattern: str) -> bool:
    pieces = _PIECE.findall(pattern)
    following = zip(pieces, [*pieces[1:], ""], strict=True)
    of_group = any(piece == ")" and after in _REPEATS for piece, after in following)
    special = "(?" in pattern or any(piece[0] == "\\" and piece[1:].isdigit() for piece in pieces)
    return not of_group and not special and sum(piece in _REPEATS for piece in pieces) <= MOST_REPETITIONS
