"""What several resources of the block storage API need: finding what is the caller's, links, pages, the bell."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import ADMIN, LONGEST_ID, flag
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import volumes
from cumulo.volume.volume_queries import Part

__all__ = ("ADMIN",)
PAGE_QUERY = ("limit", "marker", "offset", "sort", "sort_key", "sort_dir")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
Links = list[dict[str, str]]
Row = Mapping[str, Any]


def project_of(request: Request) -> str | None:
    """Return the project whose things the caller may reach: None for an administrator, who may reach all."""
    return None if request.may(ADMIN) else request.context.project_id or ""


def own_project(request: Request) -> str:
    """Return the project of the token; raises BadRequest where it has none."""
    if not request.context.project_id:
        raise errors.BadRequest("What is made here belongs to a project: the token has none.")
    return request.context.project_id


def own_volume(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False, name: str = "volume_id",
               ) -> volumes.Row:
    """Return the volume of the path; another project's is not found. Raises Forbidden where the rule does."""
    volume_id = short_id(request.params[name], volumes.not_found)
    # Asked for in one statement, so that another project's volume costs what a missing one does and is never locked.
    row = volumes.get_volume(connection, volume_id, project_id=project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def short_id(text: str, not_found: Any) -> str:
    """Return the id, raising what not_found makes for one that nothing can have."""
    if len(text) > LONGEST_ID:
        raise not_found(text[:LONGEST_ID])
    return text


def ring_scheduler(request: Request) -> None:
    """Tell the scheduler that there is an operation; call it after the write() block."""
    request.ring("scheduler", "operation")


def links(request: Request, collection: str, entry_id: str) -> Links:
    """Return the self and bookmark links of a resource."""
    project = f"{request.context.project_id}/" if request.context.project_id else ""
    return [{"rel": "self", "href": f"{request.url}/v3/{project}{collection}/{entry_id}"},
            {"rel": "bookmark", "href": f"{request.url}/{project}{collection}/{entry_id}"}]


def page(request: Request, sort_keys: Any) -> tuple[paging.Page, int, int]:
    """Return what page is asked for, its limit and its offset; raises BadRequest for what is malformed."""
    asked = paging.page(request, maximum=request.services.conf.volume.page_limit, sort_keys=sort_keys)
    return asked, asked.limit or 0, paging.number(request, "offset") or 0


def wants_count(request: Request) -> bool:
    """Say whether a list shall tell how many there are in all, which it can since 3.45."""
    return request.is_at_least("3.45") and flag(request.query.get("with_count", "false"), "with_count")


def listing(request: Request, collection: str, sort_keys: Any, shown: Callable[[Request, Row], dict[str, Any]], *,
            find: Callable[[sa.Connection, Part], Sequence[Row]], count: Callable[[sa.Connection], int]) -> dict[str, Any]:
    """Return the page of a list that is asked for, with how many there are where that is asked for, and the next page's link."""
    asked, limit, offset = page(request, sort_keys)
    with request.services.database.read() as connection:
        rows = find(connection, Part(limit, asked.marker, offset, asked.sort)) if limit else []
        counted = {"count": count(connection)} if wants_count(request) else {}
    return {collection: [shown(request, row) for row in rows]} | counted | next_links(request, rows, limit, collection)


def type_changes(asked: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return what a change of a volume type or group type shall set; raises BadRequest for nothing."""
    values: dict[str, Any] = {key: asked[key] for key in ("name", "description") if asked.get(key) is not None}
    if asked.get("is_public") is not None:
        values["is_public"] = flag(str(asked["is_public"]), "is_public")
    if "name" in values:
        values["name"] = values["name"].strip()
    if not values:
        raise errors.BadRequest(f"Specify {kind} name, description, is_public or a combination thereof.")
    return values


def next_links(request: Request, rows: Sequence[Row], limit: int, collection: str) -> dict[str, Any]:
    """Return the link to the next page, whenever this one is full."""
    if not rows or len(rows) < limit:
        return {}
    return {f"{collection}_links": [{"rel": "next", "href": paging.next_url(request, rows[-1]["id"])}]}


def wants_all_projects(request: Request, rule: str) -> bool:
    """Say whether a list shall be of all projects, which few may ask for: others get their own."""
    text = request.query.get("all_tenants")
    return text is not None and text.lower() not in ("0", "false", "no", "off", "f", "n") and request.may(rule)


def is_uuid(text: str) -> bool:
    """Say whether a text has the form of an id."""
    return _UUID.fullmatch(text) is not None
