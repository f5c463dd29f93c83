"""Pages of lists: limit, marker and sort keys read from the query, links to the next page."""

import dataclasses
from collections.abc import Collection
from urllib.parse import urlencode

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

QUERY = ("limit", "marker", "sort", "sort_key", "sort_dir")


@dataclasses.dataclass(frozen=True)
class Page:
    """What part of a list is asked for; sort holds (key, ascending) pairs."""

    limit: int | None
    marker: str | None
    sort: tuple[tuple[str, bool], ...]


def page(request: Request, *, maximum: int | None = 1000, sort_keys: Collection[str] = (),
         default_sort: tuple[tuple[str, bool], ...] = (), default_direction: str = "desc",
         is_sortable: bool = True) -> Page:
    """Read limit, marker, sort_key, sort_dir and sort; raises BadRequest for what is malformed.

    maximum bounds the limit and is the limit where none is asked; None means no bound. limit=0 is
    kept as 0: what it means differs between APIs. A list that is not sortable ignores what it is asked to sort by.
    """
    limit = _limit(request.query.get("limit"), maximum)
    sort = (_sort(request, default_direction) if is_sortable else ()) or default_sort
    for key, _ in sort:
        if sort_keys and key not in sort_keys:
            raise errors.BadRequest(f"{key!r} is not a key to sort by; there are {', '.join(sorted(sort_keys))}.")
    return Page(limit, request.query.get("marker") or None, sort)


def number(request: Request, name: str) -> int | None:
    """Return a number of 0 or more from the query, None where it is not there; raises BadRequest."""
    return _limit(request.query.get(name), None)


def _limit(text: str | None, maximum: int | None) -> int | None:
    if text is None:
        return maximum
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise errors.BadRequest(f"limit must be an integer of 0 or more, not {text[:32]!r}.")
    return int(text) if maximum is None else min(int(text), maximum)


def _sort(request: Request, default_direction: str) -> tuple[tuple[str, bool], ...]:
    if "sort" in request.query:
        pairs = [entry.partition(":")[::2] for entry in request.query["sort"].split(",")]
    else:
        keys, directions = request.query.getall("sort_key"), request.query.getall("sort_dir")
        if len(directions) > 1 and len(directions) != len(keys):
            raise errors.BadRequest("Give as many sort_dir as sort_key, or one.")
        for direction in directions:
            _is_ascending(direction)
        one = directions[0] if len(directions) == 1 else None
        pairs = [(key, one or (directions[n] if directions else "")) for n, key in enumerate(keys)]
    return tuple((key, _is_ascending(direction or default_direction)) for key, direction in pairs)


def _is_ascending(direction: str) -> bool:
    if direction not in ("asc", "desc"):
        raise errors.BadRequest(f"A sort direction is asc or desc, not {direction[:32]!r}.")
    return direction == "asc"


def next_url(request: Request, marker: str, url: str | None = None) -> str:
    """Return the URL of the page after the marker, with every other argument kept."""
    kept = [(name, value) for name, value in request.query.items() if name != "marker"]
    return f"{url or request.path_url}?{urlencode([*kept, ('marker', marker)])}"
