"""Volumes and snapshots that a backend has and nobody manages: lists of them, and taking them over.

    3.8 /manageable_volumes and /manageable_snapshots, beside the older paths

A backend is asked through its agent. What it calls a thing is the thing's source-name.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.snapshots import view as snapshot_view
from cumulo.api.volume.volumes import view
from cumulo.api.volume.volumes.create import named
from cumulo.api.volume.volumes.handlers import surroundings
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_backend, volume_snapshot
from cumulo.volume import backends, managing, types, volumes

SORT_KEYS = ("size", "reference")
QUERY = (*common.PAGE_QUERY, "host")
OF_SNAPSHOT = "snapshot-"
"""What the names of strangers begin with that were snapshots."""
TIMEOUT_S = 15.0
Shown = dict[str, Any]


def manage(request: Request) -> Shown:
    """Begin to take over a volume."""
    asked, services = request.body["volume"], request.services
    backend = asked["host"].partition("#")[0]
    found = _one(request, backend, asked["ref"])
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        kind = types.named(connection, asked["volume_type"], common.project_of(request)) if asked.get("volume_type") else None
        columns = {"name": named(asked, "name"), "description": named(asked, "description"), "metadata": asked.get("metadata") or {},
                   "availability_zone": asked.get("availability_zone"), "bootable": flag(str(asked.get("bootable", False)), "bootable")}
        row = managing.request_manage(connection, services.ids, services.database.now(connection), conf=services.conf,
                                      context=request.context, backend=backend, found=found, kind=kind, columns=columns)
        around = surroundings(connection, [row])
    common.ring_scheduler(request)
    return {"volume": view.created(request, row, around)}


def manage_snapshot(request: Request) -> Shown:
    """Begin to take over a snapshot of a volume."""
    asked, services = request.body["snapshot"], request.services
    volume_id = common.short_id(asked["volume_id"], volumes.not_found)
    with services.database.read() as connection:
        of = volumes.get_volume(connection, volume_id, project_id=common.project_of(request))
    if of["backend"] is None:
        raise errors.BadRequest(f"Invalid volume: Volume {volume_id} is on no backend.")
    found = _one(request, of["backend"], asked["ref"])
    columns = {"name": named(asked, "name"), "description": named(asked, "description"), "metadata": asked.get("metadata") or {}}
    with services.database.write() as connection:
        services.tokens.hold(connection, of["project_id"])
        of = volumes.get_volume(connection, volume_id, project_id=common.project_of(request), lock=True)
        type_names = types.names_of(connection, [of["type_id"]]) if of["type_id"] else {}
        row = managing.request_manage_snapshot(
            connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context, of=of,
            type_name=type_names.get(of["type_id"]), found=found, columns=columns)
    common.ring_scheduler(request)
    return {"snapshot": snapshot_view.brief(request, row)}


def list_volumes(request: Request) -> Shown:
    """List what might become volumes, and what is one."""
    return {"manageable-volumes": [_brief(each) for each in _page(request, _volumes(request))]}


def list_volumes_full(request: Request) -> Shown:
    """The same, with why something cannot be taken over."""
    return {"manageable-volumes": _page(request, _volumes(request))}


def list_snapshots(request: Request) -> Shown:
    """List what might become snapshots, and what is one."""
    return {"manageable-snapshots": [_brief(each) for each in _page(request, _snapshots(request))]}


def list_snapshots_full(request: Request) -> Shown:
    """The same, with why something cannot be taken over."""
    return {"manageable-snapshots": _page(request, _snapshots(request))}


def _volumes(request: Request) -> list[Shown]:
    backend = _backend(request)
    found = [_free(each) for each in _strangers(request, backend) if not each["name"].startswith(OF_SNAPSHOT)]
    with request.services.database.read() as connection:
        own = connection.execute(sa.select(volume.c.id, volume.c.size_gib).where(volume.c.backend == backend)).all()
    return found + [_taken(f"volume-{row.id}", row.id, row.size_gib) for row in own]


def _snapshots(request: Request) -> list[Shown]:
    backend = _backend(request)
    found = [_free(each) | {"source_reference": {}} for each in _strangers(request, backend) if each["name"].startswith(OF_SNAPSHOT)]
    query = sa.select(volume_snapshot.c.id, volume_snapshot.c.volume_id, volume_snapshot.c.size_gib).join(
        volume, volume.c.id == volume_snapshot.c.volume_id).where(volume.c.backend == backend)
    with request.services.database.read() as connection:
        own = connection.execute(query).all()
    return found + [_taken(f"{OF_SNAPSHOT}{row.id}", row.id, row.size_gib) | {
        "source_reference": {"source-name": f"volume-{row.volume_id}"}} for row in own]


def _free(each: Shown) -> Shown:
    return {"reference": {"source-name": each["name"]}, "size": each["size_gib"], "safe_to_manage": True,
            "reason_not_safe": None, "cinder_id": None, "extra_info": None}


def _taken(name: str, its_id: str, size_gib: int) -> Shown:
    return {"reference": {"source-name": name}, "size": size_gib, "safe_to_manage": False,
            "reason_not_safe": "already managed", "cinder_id": its_id, "extra_info": None}


def _brief(each: Shown) -> Shown:
    return {key: each[key] for key in ("reference", "size", "safe_to_manage", "source_reference") if key in each}


def _page(request: Request, found: list[Shown]) -> list[Shown]:
    page, limit, offset = common.page(request, SORT_KEYS)
    keys = {"size": lambda each: each["size"], "reference": lambda each: each["reference"]["source-name"]}
    found.sort(key=keys["reference"])
    for key, is_up in reversed(page.sort):
        found.sort(key=keys[key], reverse=not is_up)
    if page.marker is not None:
        places = [number for number, each in enumerate(found) if each["reference"]["source-name"] == page.marker]
        if not places:
            raise errors.BadRequest(f"marker {page.marker[:64]} could not be found.")
        found = found[places[0] + 1:]
    return found[offset:offset + limit]


def _backend(request: Request) -> str:
    if "host" not in request.query:
        raise errors.BadRequest("Say which backend: host=host@backend.")
    return request.query["host"].partition("#")[0]


def _one(request: Request, backend: str, ref: Shown) -> Shown:
    """Return what a reference means on a backend; raises BadRequest where there is nothing like it."""
    for each in _strangers(request, backend):
        if each["name"] == ref["source-name"]:
            return each
    raise errors.BadRequest(f"Invalid reference: {backend} has nothing called {ref['source-name']} that may be taken over.")


def _strangers(request: Request, backend: str) -> list[Shown]:
    """Ask the agent of a backend; no transaction may be open. Raises BadRequest for a backend that is not known."""
    services = request.services
    with services.database.read() as connection:
        known = connection.execute(sa.select(volume_backend.c.id).where(volume_backend.c.name == backend)).first()
    if known is None:
        raise errors.BadRequest(f"Invalid host: No backend {backend[:255]} is known.")
    try:
        found: list[Shown] = services.bus.call(f"volume.{backends.host_of(backend)}", "strangers", {
            "backend": backends.short_name(backend)}, timeout_s=TIMEOUT_S, context=request.context)
    except errors.DeadlineExceeded as failure:
        raise errors.ServiceUnavailable(f"Backend {backend} did not answer in time. Try again later.") from failure
    return found
