"""Records of backups: what another cloud, or this one after it has lost its database, needs to know of one to restore it.

A record goes to an administrator as a text, and comes back as one: nothing in it is believed before it was looked at.
The data stays where it is; whoever imports a record must be able to reach the target, and for that of an encrypted volume
have the master key that its key is sealed with, or the key manager that has it.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.volume import backups, keys, quotas, states

SERVICE = "cinder.backup.drivers.cumulo."
"""How clients begin the name of what wrote a backup; the kind of our target follows."""
LONGEST = 262_144
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_SEALED = 1024
_TEXTS = ("name", "description", "container", "availability_zone", "host", "service")
_IDS = {"id": True, "volume_id": True, "location": True, "snapshot_id": False, "parent_location": False}
_NUMBERS = {"size_gib": 0x7FFFFFFF, "object_count": 0x7FFFFFFF, "stored_bytes": 1 << 60}


def export(connection: sa.Connection, row: backups.Row) -> dict[str, str]:
    """Return the record of a backup; raises BadRequest for one that is not whole."""
    if row["status"] != states.AVAILABLE or row["location"] is None:
        raise errors.BadRequest(f"Invalid backup: Backup {row['id']} must be available to export its record, and is "
                                f"{row['shown_status']}.")
    names = (*_TEXTS, *_IDS, *_NUMBERS, "metadata", "said", "bound", "data_timestamp")
    said = {name: row[name] for name in names}
    if backups.encryption(row):
        said["key"] = keys.told(connection, keys.of_the_backup(row["id"]))
    text = json.dumps(said, sort_keys=True)
    return {"backup_service": f"{SERVICE}{row['service']}", "backup_url": base64.b64encode(text.encode()).decode()}


def read(service: str, url: str) -> dict[str, Any]:
    """Return the columns that a record tells; raises BadRequest for one that no cloud has written."""
    if not service.startswith(SERVICE):
        raise errors.BadRequest(f"Invalid input received: Backups of {service[:64]} cannot be read here.")
    try:
        said = json.loads(base64.b64decode(url.encode(), validate=True))
    except (ValueError, binascii.Error, RecursionError) as failure:
        raise _wrong("it is no record") from failure
    if not isinstance(said, dict):
        raise _wrong("it is no record")
    return _checked(said)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    for name, required in _IDS.items():
        value = said.get(name)
        if not (isinstance(value, str) and _ID.fullmatch(value) if required or value is not None else True):
            raise _wrong(f"{name} is no id")
    for name in _TEXTS:
        if not (said.get(name) is None or isinstance(said[name], str) and len(said[name]) <= 255):
            raise _wrong(f"{name} is no text")
    for name, most in _NUMBERS.items():
        if type(said.get(name)) is not int or not 0 <= said[name] <= most:
            raise _wrong(f"{name} is no number")
    if said["size_gib"] < 1 or not _is_moment(said.get("data_timestamp")) or type(said.get("bound")) is not bool:
        raise _wrong("its size, moment or place makes no sense")
    return {name: said.get(name) for name in (*_IDS, *_TEXTS, *_NUMBERS, "bound", "data_timestamp")} | {
        "metadata": _texts(said.get("metadata") or {}, "metadata"), "said": _said(said.get("said")), "key": _key(said)}


def _is_moment(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1e11


def _texts(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) and len(each) <= 65535 for each in value.values()):
        raise _wrong(f"{name} holds no texts")
    return value


def _said(value: Any) -> dict[str, Any]:
    """Return what the volume said of itself."""
    if not isinstance(value, dict):
        raise _wrong("it does not say what the volume was")
    image_id = value.get("image_id")
    if image_id is not None and not (isinstance(image_id, str) and _ID.fullmatch(image_id)):
        raise _wrong("image_id is no id")
    metadata = value.get("image_metadata")
    return {"bootable": value.get("bootable") is True, "image_id": image_id,
            "image_metadata": None if metadata is None else _texts(metadata, "image_metadata"),
            "metadata": _texts(value.get("metadata") or {}, "metadata")} | _encrypted(value)


def _encrypted(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the volume was encrypted, and the id of its type; nothing of one that was not."""
    encryption, type_id = value.get("encryption"), value.get("type_id")
    if not encryption:
        return {}
    if not isinstance(encryption, dict) or not keys.is_known(encryption) or not (isinstance(type_id, str) and _ID.fullmatch(type_id)):
        raise _wrong("it is encrypted in a way that is not known here")
    return {"encryption": {name: encryption[name] for name in keys.FORMAT}, "type_id": type_id}


def _key(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is told of the key of an encrypted one: sealed, or where it is kept."""
    if not (isinstance(said["said"], dict) and said["said"].get("encryption")):
        return None
    key = said.get("key")
    if not isinstance(key, dict) or not isinstance(key.get("id"), str) or not _ID.fullmatch(key["id"]):
        raise _wrong("it is encrypted, and tells of no key")
    sealed, secret = key.get("sealed"), key.get("secret")
    is_sealed = isinstance(sealed, str) and len(sealed) <= _LONGEST_SEALED and secret is None
    if not is_sealed and not (isinstance(secret, str) and _ID.fullmatch(secret) and sealed is None):
        raise _wrong("it is encrypted, and tells of no key")
    return {"id": key["id"], "sealed": sealed, "secret": secret}


def _wrong(why: str) -> errors.BadRequest:
    return errors.BadRequest(f"Invalid input received: The record of the backup cannot be read: {why}.")


def request_import(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context,
                   columns: dict[str, Any]) -> backups.Row:
    """Make the row of a backup whose data is there, and the operation that looks for it; return the row.

    Raises BadRequest where there is one of that id, or where its data is being deleted; TooLarge over quota.
    """
    project_id, location = context.project_id or "", columns["location"]
    same = sa.or_(volume_backup.c.id == columns["id"], volume_backup.c.location == location)
    for known in connection.execute(sa.select(volume_backup.c.id).where(same).order_by(volume_backup.c.id).with_for_update()
                                    ).scalars().all():
        if known == columns["id"]:
            raise errors.BadRequest(f"Invalid backup: Backup {known} is there already.")
        if backups.get_backup(connection, known)["shown_status"] in (states.DELETING, states.ERROR_DELETING):
            raise errors.BadRequest(f"Invalid backup: The data of backup {columns['id']} is being deleted with backup {known}.")
    quotas.check(connection, conf, project_id, quotas.Amount(backups=1, backup_gigabytes=columns["size_gib"]))
    heard = backups.anybody(connection)
    host = columns["host"] if columns["bound"] and columns["host"] in heard else next(iter(heard), None)
    if host is None:
        raise errors.ServiceUnavailable("No volume agent was heard that could look for the backup.")
    key = columns.pop("key")
    row = columns | {"project_id": project_id, "user_id": context.user_id, "status": states.CREATING, "host": host,
                     "bound": False, "created_at": now, "updated_at": now}
    connection.execute(sa.insert(volume_backup).values(row))
    if key is not None:
        keys.take_over(connection, ids, now, conf, keys.of_the_backup(row["id"]), key)
    backups.begin(connection, ids, now, context, row["id"], "import_backup", "import", state={
        "host": host, "location": location, "size_gib": row["size_gib"]})
    return backups.get_backup(connection, row["id"])
