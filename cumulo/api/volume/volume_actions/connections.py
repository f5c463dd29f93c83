"""os-initialize_connection and os-terminate_connection: a user that is no server of this cloud opens a volume that it has kept.

The volume's agent is asked before anything is written: no transaction may be open meanwhile. What a volume is served for is
the attachment that os-reserve or os-attach has made.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.volume import attachments, backends, volumes

TIMEOUT_S = 15.0
CONNECT = "volume:volumes:connect"
_USES = (attachments.ATTACHING, attachments.ATTACHED, attachments.DETACHING)


def initialize(request: Request, asked: Mapping[str, Any]) -> Reply:
    """Have a volume served for a user, and say how it is opened, with the password that opens it."""
    with request.services.database.read() as connection:
        row = common.own_volume(request, connection, CONNECT)
        volumes.refuse_encrypted(row, "open it but the servers of this cloud")
        kept = _kept(connection, row)
    said = _ask(request, row, "connect_volume", host=asked["connector"].get("host") or "")
    with request.services.database.write() as connection:
        row = common.own_volume(request, connection, CONNECT, lock=True)
        if _kept(connection, row)["id"] != kept["id"]:
            raise errors.Conflict(f"Volume {row['id']} was given to somebody else meanwhile.")
        attachments.update(connection, request.services.database.now(connection), kept["id"], connector=dict(asked["connector"]))
    return Reply({"connection_info": described(row, kept, said)}, status=200)


def terminate(request: Request, asked: Mapping[str, Any]) -> None:
    """Serve a volume to a user no more; where nobody has it open there is nothing to be done."""
    with request.services.database.read() as connection:
        row = common.own_volume(request, connection, "volume:volumes:attach")
        kept = _kept(connection, row)
    _ask(request, row, "disconnect_volume", attachment_id=kept["id"])
    with request.services.database.write() as connection:
        common.own_volume(request, connection, "volume:volumes:attach", lock=True)
        attachments.update(connection, request.services.database.now(connection), kept["id"], connector=sa.null())


def _kept(connection: sa.Connection, row: volumes.Row) -> volumes.Row:
    """The attachment of the one user; Conflict where a server has the volume, BadRequest where nobody has kept it."""
    found = volumes.attachments_of(connection, [row["id"]])[row["id"]]
    for each in found:
        attachments.refuse_managed(each)
    used = [each for each in found if each["status"] in _USES]
    if row["backend"] is None or len(used) != 1:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} must be kept for one user (os-reserve), or attached to it "
                                f"(os-attach), to be opened, and is {row['shown_status']}.")
    return used[0]


def _ask(request: Request, row: volumes.Row, method: str, **more: str) -> Mapping[str, Any]:
    services, backend = request.services, row["backend"]
    arguments = {"backend": backends.short_name(backend), "volume_id": row["id"], **more}
    try:
        said: Mapping[str, Any] = services.bus.call(
            f"volume.{backends.host_of(backend)}", method, arguments, timeout_s=TIMEOUT_S, context=request.context) or {}
    except errors.DeadlineExceeded as failure:
        raise errors.ServiceUnavailable(f"Backend {backend} did not answer in time. Try again later.") from failure
    return said


def described(row: volumes.Row, kept: volumes.Row, said: Mapping[str, Any]) -> dict[str, Any]:
    """How a volume is opened, in the words of this API."""
    opened, secret = said["connection"], said["secret"]
    kind = opened.get("kind", "file")
    data: dict[str, Any] = {"volume_id": row["id"], "access_mode": kept["mode"], "encrypted": False, "qos_specs": None}
    if kind == "iscsi":
        data |= {"target_discovered": False, "target_portal": f"{opened['address']}:{opened['port']}",
                 "target_iqn": opened["target"], "target_lun": opened["unit"], "discard": True}
        data |= {"auth_method": "CHAP", "auth_username": secret["user"], "auth_password": secret["password"]} if secret else {}
    elif kind == "nbd":
        data |= {name: opened[name] for name in ("address", "port", "export", "tls")}
    elif kind == "file":
        data |= {"device_path": opened["path"], "format": opened["format"]}
    return {"driver_volume_type": "local" if kind == "file" else kind, "data": data}
