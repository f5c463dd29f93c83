"""Transfers: offer a volume, list and show what is offered, take it, take the offer back.

    3.55 no_snapshots   3.57 who gives, and whether it was taken: what was taken is no transfer any more
    3.70 also of encrypted volumes
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.volumes import filters
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.volume import volume_transfer
from cumulo.volume import transfers, volumes
from cumulo.volume.volume_queries import Part

Shown = dict[str, Any]


def create(request: Request) -> Shown:
    """Offer a volume, and tell the key with which another project takes it: nobody is told again."""
    asked, services = request.body["transfer"], request.services
    key = services.ids.random_bytes(transfers.KEY_BYTES).hex()
    with services.database.write() as connection:
        volume_id = common.short_id(asked["volume_id"], volumes.not_found)
        of = volumes.get_volume(connection, volume_id, project_id=common.project_of(request), lock=True)
        request.authorize("volume:transfers:create", {"project_id": of["project_id"], "user_id": of["user_id"]})
        row = transfers.offer(connection, services.ids, services.database.now(connection), of=of, name=named(asked, "name"),
                              no_snapshots=flag(str(asked.get("no_snapshots", False)), "no_snapshots"), key=key,
                              encrypted=request.is_at_least("3.70"))
    return {"transfer": _full(request, row) | {"auth_key": key}}


def list_brief(request: Request) -> Shown:
    """List transfers."""
    return _list(request, _brief)


def list_full(request: Request) -> Shown:
    """List transfers with everything."""
    return _list(request, _full)


def _list(request: Request, shown: Callable[[Request, transfers.Row], Shown]) -> Shown:
    page, limit, offset = common.page(request, transfers.SORT_COLUMNS)
    where: list[sa.ColumnElement[bool]] = [*filters.whose(request, volume_transfer, "volume:transfers:list_all_projects")]
    where += [volume_transfer.c[name] == request.query[name] for name in ("name", "volume_id") if name in request.query]
    with request.services.database.read() as connection:
        part = Part(limit, page.marker, offset, page.sort)
        rows = transfers.list_transfers(connection, where, part) if limit else []
    return {"transfers": [shown(request, row) for row in rows]} | common.next_links(request, rows, limit, "transfers")


def show(request: Request) -> Shown:
    """Show a transfer."""
    with request.services.database.read() as connection:
        return {"transfer": _full(request, _own(request, connection, "volume:transfers:show"))}


def accept(request: Request) -> Shown:
    """Take what is offered into the caller's project."""
    services = request.services
    transfer_id = common.short_id(request.params["transfer_id"], transfers.not_found)
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        row = transfers.accept(connection, services.database.now(connection), transfer_id, conf=services.conf,
                               context=request.context, key=request.body["accept"]["auth_key"])
    return {"transfer": _brief(request, row)}


def delete(request: Request) -> None:
    """Take an offer back."""
    database = request.services.database
    with database.write() as connection:
        row = _own(request, connection, "volume:transfers:delete", lock=True)
        transfers.end(connection, database.now(connection), row)


def _own(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False) -> transfers.Row:
    transfer_id = common.short_id(request.params["transfer_id"], transfers.not_found)
    row = transfers.get_transfer(connection, transfer_id, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"]})
    return row


def _brief(request: Request, row: transfers.Row) -> Shown:
    return {"id": row["id"], "volume_id": row["volume_id"], "name": row["name"],
            "links": common.links(request, "os-volume-transfer", row["id"])}


def _full(request: Request, row: transfers.Row) -> Shown:
    shown = _brief(request, row) | {"created_at": times.iso_micro(row["created_at"])}
    if request.is_at_least("3.55"):
        shown["no_snapshots"] = row["no_snapshots"]
    if request.is_at_least("3.57"):
        shown |= {"source_project_id": row["project_id"], "destination_project_id": None, "accepted": False}
    return shown
