"""Lists of the network API: filters on any attribute, sort keys, pages with links, chosen fields.

It works on views (what the caller may see), so an attribute that is hidden from the caller can
neither be filtered by nor sorted by. Database filters (which rows are visible at all, and the
filters that have a column) have been applied before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

View = dict[str, Any]
SPECIAL = ("limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields")
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")
_COLUMN_FILTERS = ("id", "name", "network_id", "device_id", "device_owner", "mac_address", "project_id",
                   "security_group_id", "router_id", "floating_network_id")


def column_filters(request: Request, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """The filters that the database can apply, for the columns whose text equals what the API shows."""
    return [table.c[name].in_(request.query.getall(name)) for name in _COLUMN_FILTERS
            if name in table.c and name in request.query]


def answer(request: Request, name: str, views: Sequence[View], attributes: Collection[str],
           special_filters: Mapping[str, Callable[[View, list[str]], bool]] | None = None) -> View:
    """The body of a list: {name: [...]} and, when pages were asked for, {name}_links."""
    filters = _filters(request, attributes, special_filters or {})
    kept = [view for view in views if all(matches(view) for matches in filters)]
    ordered = _sorted(request, kept, attributes)
    limit = _limit(request)
    if limit is None:
        return {name: [chosen_fields(request, view) for view in ordered]}
    page, has_before, has_after = _page(request, ordered, limit)
    body: View = {name: [chosen_fields(request, view) for view in page]}
    links = _links(request, page, has_before, has_after)
    return body | ({f"{name}_links": links} if links else {})


def chosen_fields(request: Request, view: View) -> View:
    """The view with only the attributes that `fields` names; all of them without."""
    wanted = {name for name in request.query.getall("fields") if name}
    return {name: value for name, value in view.items() if name in wanted} if wanted else view


def _filters(request: Request, attributes: Collection[str],
             special: Mapping[str, Callable[[View, list[str]], bool]]) -> list[Callable[[View], bool]]:
    found: list[Callable[[View], bool]] = []
    for name in dict.fromkeys(request.query):
        values = request.query.getall(name)
        if name in special:
            found.append(lambda view, matches=special[name], values=values: matches(view, values))
        elif name in TAG_FILTERS and "tags" in attributes:
            found.append(lambda view, name=name, values=values: _has_tags(name, view["tags"], values))
        elif name in attributes:
            found.append(lambda view, name=name, values=values: name in view and _equals_any(view[name], values))
        elif name not in SPECIAL:
            raise errors.BadRequest(f"[{name!r}] is invalid attribute for filtering.", kind="HTTPBadRequest")
    return found


def _has_tags(name: str, held: list[str], values: list[str]) -> bool:
    """tags=a,b: both; tags-any=a,b: one of them; not-tags and not-tags-any the contrary."""
    wanted = {tag for value in values for tag in value.split(",")}
    found = bool(wanted & set(held)) if name.endswith("-any") else wanted <= set(held)
    return found != name.startswith("not-")


def _equals_any(held: Any, values: list[str]) -> bool:
    if isinstance(held, bool):
        return any(value.lower() in (("true", "1") if held else ("false", "0")) for value in values)
    if isinstance(held, list):
        return any(str(each) in values for each in held)
    return ("" if held is None else str(held)) in values


def _sorted(request: Request, views: list[View], attributes: Collection[str]) -> list[View]:
    keys, directions = request.query.getall("sort_key"), request.query.getall("sort_dir")
    if directions and len(directions) != len(keys):
        raise errors.BadRequest("The number of sort_keys and sort_dirs must be same.", kind="HTTPBadRequest")
    pairs = list(zip(keys, directions or ["asc"] * len(keys), strict=True))
    ordered = sorted(views, key=lambda view: str(view["id"]))
    for key, direction in reversed(pairs):
        if key not in attributes or direction not in ("asc", "desc"):
            raise errors.BadRequest(f"{key} {direction} is not an order to sort by.", kind="HTTPBadRequest")
        ordered.sort(key=lambda view, key=key: _rank(view.get(key)), reverse=direction == "desc")
    return ordered


def _rank(value: Any) -> tuple[int, float, str]:
    """A key that orders numbers as numbers, everything else as text, and nothing first."""
    if value is None:
        return (0, 0.0, "")
    return (1, float(value), "") if isinstance(value, bool | int) else (2, 0.0, str(value))


def _limit(request: Request) -> int | None:
    text = request.query.get("limit")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise errors.BadRequest(f"Limit must be an integer 0 or greater and not '{text[:32]}'.", kind="HTTPBadRequest")
    return int(text) or None


def _is_reverse(request: Request) -> bool:
    return request.query.get("page_reverse", "").lower() in ("true", "1")


def _page(request: Request, ordered: list[View], limit: int) -> tuple[list[View], bool, bool]:
    """The page after the marker (before it in reverse), and whether there is more on either side."""
    marker = request.query.get("marker")
    at = next((index for index, view in enumerate(ordered) if view["id"] == marker), None)
    if marker and at is None:
        raise errors.BadRequest(f"Marker {marker[:64]} is not in this list.", kind="HTTPBadRequest")
    if _is_reverse(request):
        end = len(ordered) if at is None else at
        start = max(0, end - limit)
    else:
        start = 0 if at is None else at + 1
        end = min(len(ordered), start + limit)
    return ordered[start:end], start > 0, end < len(ordered)


def _links(request: Request, page: list[View], has_before: bool, has_after: bool) -> list[dict[str, str]]:
    kept = [(name, value) for name, value in request.query.items() if name not in ("marker", "page_reverse")]
    links = []
    if has_after and page:
        query = urlencode([*kept, ("marker", page[-1]["id"])])
        links.append({"rel": "next", "href": f"{request.path_url}?{query}"})
    if has_before and page:
        query = urlencode([*kept, ("marker", page[0]["id"]), ("page_reverse", "True")])
        links.append({"rel": "previous", "href": f"{request.path_url}?{query}"})
    return links
