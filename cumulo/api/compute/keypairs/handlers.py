"""Keypairs of the caller; from microversion 2.10 an administrator may name another user.

2.1: create 200, delete 202. 2.2: create 201, delete 204, and type (ssh or x509). 2.35: pages. 2.92: a keypair is
brought, none is made here, and its name may hold @ and the full stop.
"""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Reply, Request
from cumulo.compute import keypairs, quotas


def create(request: Request) -> Reply:
    """Make a keypair, or keep the public key that was brought."""
    asked, services = request.body["keypair"], request.services
    kind = asked.get("type", keypairs.SSH)
    user_id = _user(request, asked.get("user_id"))
    with services.database.read() as connection:
        now = services.database.now(connection)
    material = _material(request, kind, asked.get("public_key"), user_id, now)
    with services.database.write() as connection:
        quotas.check_keypairs(connection, common.limits(request, connection), user_id)
        row = keypairs.create_keypair(connection, now, user_id=user_id, name=asked["name"], kind=kind,
                                      material=material)
    shown = _brief(request, row) | {"user_id": user_id}
    if material.private_key:
        shown["private_key"] = material.private_key
    return Reply({"keypair": shown}, status=201 if request.is_at_least("2.2") else 200)


def _material(request: Request, kind: str, public_key: str | None, user_id: str, now: float) -> keypairs.Material:
    if public_key is not None:
        return keypairs.import_key(kind, public_key)
    if kind == keypairs.SSH:
        return keypairs.generate_ssh()
    # An RSA key takes long enough to stop all other requests of the process.
    made: keypairs.Material = request.services.threads.native(keypairs.generate_x509, user_id, now)
    return made


def list_keypairs(request: Request) -> dict[str, Any]:
    """List the keypairs of the user."""
    user_id = _user(request, request.query.get("user_id"))
    page = _page(request)
    with request.services.database.read() as connection:
        rows = keypairs.list_keypairs(connection, user_id, limit=page.limit, marker=page.marker)
    answer: dict[str, Any] = {"keypairs": [{"keypair": _brief(request, row)} for row in rows]}
    if page.limit and len(rows) == page.limit:
        answer["keypairs_links"] = [{"rel": "next", "href": paging.next_url(request, rows[-1]["name"])}]
    return answer


def _page(request: Request) -> paging.Page:
    if not request.is_at_least("2.35"):
        return paging.Page(None, None, ())
    most = request.services.conf.servers.page_limit
    page = paging.page(request, maximum=most)
    return paging.Page(page.limit or most, page.marker, ())  # 0 means no limit of the caller's own


def show(request: Request) -> dict[str, Any]:
    """Show a keypair."""
    user_id = _user(request, request.query.get("user_id"))
    with request.services.database.read() as connection:
        row = keypairs.get_keypair(connection, user_id, request.params["name"])
    created = times.iso_micro(row["created_at"])
    return {"keypair": _brief(request, row) | {
        "user_id": row["user_id"], "id": row["number"], "created_at": created, "updated_at": None,
        "deleted": False, "deleted_at": None}}


def delete(request: Request) -> Reply:
    """Delete a keypair."""
    user_id = _user(request, request.query.get("user_id"))
    with request.services.database.write() as connection:
        keypairs.delete_keypair(connection, user_id, request.params["name"])
    return Reply(status=204 if request.is_at_least("2.2") else 202)


def _user(request: Request, asked: str | None) -> str:
    """The user whose keypairs are meant; raises Forbidden."""
    own = request.context.user_id or ""
    user_id = asked if asked and request.is_at_least("2.10") else own
    request.authorize("compute:keypairs:use", {"user_id": user_id, "project_id": request.context.project_id})
    return user_id


def _brief(request: Request, row: keypairs.Row) -> dict[str, Any]:
    shown = {name: row[name] for name in ("name", "public_key", "fingerprint")}
    return shown | {"type": row["type"]} if request.is_at_least("2.2") else shown
