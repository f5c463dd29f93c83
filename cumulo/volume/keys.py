"""The keys of encrypted volumes and of their backups: one for each, and who keeps it.

    local      sealed in the row with a master key that is in no database: 64 hexadecimal digits a line of a file that every
               controller has; all of them open, the first one seals
    barbican   the key manager of that API; the row says what it calls the key. What asks it is in key_manager.py, since no
               transaction waits for another service

A key is made with its volume's row and goes with it: what is left of the volume's data then nobody can read. Copies of a
volume, its backups among them, open with the same passphrase: sealed anew for each, or the same secret of the key manager,
which goes with the last of them. Which of the two a copy has does not depend on the options, but on what it is a copy of.
"""

import base64
import contextlib
import dataclasses
import os
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_key
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.volume import type_encryption

Row = Mapping[str, Any]
PASSPHRASE_BYTES = 32
NONCE_BYTES = 12
LUKS = ("luks", "luksencryptor", "nova.volume.encryptors.luks.luksencryptor")
"""What clients call the one format that guests' QEMU reads."""
DEFAULT_CIPHER, DEFAULT_BITS = "aes-xts-plain64", 256
FORMAT = ("format", "cipher", "bits")
LOCAL, BARBICAN = "local", "barbican"
_CIPHER = re.compile(r"aes-(xts|cbc)-plain64")
_MASTER = re.compile(r"[0-9a-fA-F]{64}")
_OWNERS = (volume_key.c.volume_id, volume_key.c.backup_id, volume_key.c.next_of)


@dataclasses.dataclass(frozen=True)
class Owner:
    """Whose a key is: a volume's, a backup's, or that of a volume once what is being restored to it is there."""

    column: str
    id: str

    def owns(self) -> sa.ColumnElement[bool]:
        """Return the condition that a row is its."""
        return volume_key.c[self.column] == self.id


def of_the_volume(volume_id: str) -> Owner:
    """The volume as the owner of its key."""
    return Owner("volume_id", volume_id)


def of_the_backup(backup_id: str) -> Owner:
    """The backup as the owner of its key."""
    return Owner("backup_id", backup_id)


def next_of(volume_id: str) -> Owner:
    """The volume as the owner of the key that it gets with what is being restored to it."""
    return Owner("next_of", volume_id)


def check(encryption: Row) -> None:
    """Raise BadRequest for an encryption that guests' QEMU does not have."""
    how = _format(encryption)
    if encryption["provider"].lower() not in LUKS or not _is_had(how["cipher"], how["bits"]):
        raise errors.BadRequest(
            "Invalid volume type: It encrypts in a way that is not to be had here, which is provider luks, "
            "cipher aes-xts-plain64 with key size 256 or 512, or aes-cbc-plain64 with 128 or 256.")


def _is_had(cipher: str, bits: int) -> bool:
    found = _CIPHER.fullmatch(cipher)
    return found is not None and bits in ((256, 512) if found[1] == "xts" else (128, 256))


def make(connection: sa.Connection, ids: Ids, now: float, conf: cfg.ConfigOpts, owner: Owner, like: Owner | None = None) -> str:
    """Make the key of what has none, the same as another's if one is named, and return its id.

    A new one that the key manager is to keep is made when it is first asked for. Raises NotFound where the other has none.
    """
    row: dict[str, Any] = {"id": ids.new_id(), owner.column: owner.id, "is_borrowed": False, "created_at": now}
    of = get(connection, like) if like else None
    if of is not None and of["sealed"] is None:
        if of["secret"] is None:
            raise errors.BadRequest("Invalid volume: It is encrypted, and its key was never made.")
        row |= {"secret": of["secret"], "is_borrowed": of["is_borrowed"]}
    elif of is not None or conf["keys"].manager == LOCAL:
        row |= {"sealed": _seal(ids, conf, row["id"], opened(conf, of) if of else new_passphrase(ids))}
    _insert(connection, row)
    return str(row["id"])


def new_passphrase(ids: Ids) -> str:
    """Return what nothing was opened with before."""
    return base64.b64encode(ids.random_bytes(PASSPHRASE_BYTES)).decode()


def _insert(connection: sa.Connection, row: Row) -> None:
    connection.execute(sa.insert(volume_key).values(row))
    for table, column in ((volume, "volume_id"), (volume_backup, "backup_id")):
        if row.get(column):
            connection.execute(sa.update(table).where(table.c.id == row[column]).values(encryption_key_id=row["id"]))


def _seal(ids: Ids, conf: cfg.ConfigOpts, key_id: str, passphrase: str) -> str:
    nonce = ids.random_bytes(NONCE_BYTES)
    sealed = AESGCM(_masters(conf, ids)[0]).encrypt(nonce, passphrase.encode(), key_id.encode())
    return base64.b64encode(nonce + sealed).decode()


def get(connection: sa.Connection, owner: Owner) -> Row:
    """Return the row of a key; raises NotFound."""
    row = connection.execute(sa.select(volume_key).where(owner.owns())).mappings().first()
    if row is None:
        raise errors.NotFound(f"{'Backup' if owner.column == 'backup_id' else 'Volume'} {owner.id} has no key.")
    return row


def opened(conf: cfg.ConfigOpts, row: Row) -> str:
    """Return what a sealed row holds; raises ServiceUnavailable where no master key opens it."""
    kept = base64.b64decode(row["sealed"])
    for master in _masters(conf):
        with contextlib.suppress(InvalidTag):
            return AESGCM(master).decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], row["id"].encode()).decode()
    raise errors.ServiceUnavailable(
        "No master key of [volume] key_file opens the key: it must be the same on every controller.")


def is_same(connection: sa.Connection, conf: cfg.ConfigOpts, one: Owner, other: Owner) -> bool:
    """Say whether two keys open the same."""
    rows = [get(connection, each) for each in (one, other)]
    if all(row["sealed"] for row in rows):
        return opened(conf, rows[0]) == opened(conf, rows[1])
    return rows[0]["secret"] is not None and rows[0]["secret"] == rows[1]["secret"]


def let_go(connection: sa.Connection, owner: Owner) -> None:
    """Take the key from whoever has it: it goes, or nobody has it until the key manager has forgotten it. Idempotent."""
    connection.execute(sa.delete(volume_key).where(owner.owns(), volume_key.c.sealed.is_not(None)))
    connection.execute(sa.update(volume_key).where(owner.owns()).values({owner.column: None}))


def come_next(connection: sa.Connection, volume_id: str) -> None:
    """Let a volume to which a backup was restored have the key of that; it keeps its own where they open the same."""
    query = sa.select(volume_key.c.id).where(next_of(volume_id).owns())
    key_id = connection.execute(query).scalar()
    if key_id is None:
        return
    let_go(connection, of_the_volume(volume_id))
    connection.execute(sa.update(volume_key).where(volume_key.c.id == key_id).values(volume_id=volume_id, next_of=None))
    connection.execute(sa.update(volume).where(volume.c.id == volume_id).values(encryption_key_id=key_id))


def abandoned(connection: sa.Connection, most: int) -> list[str]:
    """Return the ids of keys that nobody has, and that the key manager is to forget."""
    query = sa.select(volume_key.c.id).where(*(column.is_(None) for column in _OWNERS))
    return list(connection.execute(query.order_by(volume_key.c.created_at, volume_key.c.id).limit(most)).scalars())


def told(connection: sa.Connection, owner: Owner) -> dict[str, Any]:
    """Return what a record tells of a key: sealed, so that nobody opens it without a master key, or its name."""
    row = get(connection, owner)
    return {name: row[name] for name in ("id", "sealed", "secret")}


def take_over(connection: sa.Connection, ids: Ids, now: float, conf: cfg.ConfigOpts, owner: Owner, record: Row) -> str:
    """Make the key of something from what a record tells of it; raises BadRequest where no master key opens it.

    What a key manager keeps may be another cloud's as well: it is never asked to forget it.
    """
    row: dict[str, Any] = {"id": ids.new_id(), owner.column: owner.id, "is_borrowed": True, "secret": record["secret"],
                           "created_at": now}
    if record["sealed"]:
        try:
            passphrase = opened(conf, record)
        except (errors.ServiceUnavailable, ValueError) as failure:
            raise errors.BadRequest("Invalid backup: It is encrypted, and no master key of [volume] key_file opens its key: the "
                                    "file must have the one of the cloud that the record is of.") from failure
        row |= {"sealed": _seal(ids, conf, row["id"], passphrase), "secret": None, "is_borrowed": False}
    _insert(connection, row)
    return str(row["id"])


def of_volume(connection: sa.Connection, volume_id: str) -> dict[str, Any]:
    """Return how a volume is encrypted: {"format", "cipher", "bits"}; nothing of one that is not. Raises NotFound."""
    query = sa.select(volume.c.type_id, volume.c.encryption_key_id).where(volume.c.id == volume_id)
    row = connection.execute(query).first()
    if row is None:
        raise errors.NotFound(f"Volume {volume_id} could not be found.")
    return _format(type_encryption.of_type(connection, row.type_id) or {}) if row.encryption_key_id else {}


def of_type(connection: sa.Connection, type_id: str | None) -> dict[str, Any]:
    """Return how volumes of a type are encrypted, as of_volume does."""
    encryption = type_encryption.of_type(connection, type_id)
    return _format(encryption) if encryption else {}


def is_known(encryption: Row) -> bool:
    """Say whether a text from elsewhere tells of an encryption as of_volume does."""
    if not all(name in encryption for name in FORMAT) or encryption["format"] != "luks" or type(encryption["bits"]) is not int:
        return False
    return isinstance(encryption["cipher"], str) and _is_had(encryption["cipher"], encryption["bits"])


def _format(encryption: Row) -> dict[str, Any]:
    return {"format": "luks", "cipher": (encryption.get("cipher") or DEFAULT_CIPHER).lower(),
            "bits": encryption.get("key_size") or DEFAULT_BITS}


def _masters(conf: cfg.ConfigOpts, ids: Ids | None = None) -> list[bytes]:
    """Return the master keys; with ids, a first one is made where there is none."""
    path = pathlib.Path(conf.volume.key_file)
    if ids is not None and not path.exists():
        _make(path, ids)
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, ValueError) as failure:
        raise errors.ServiceUnavailable("The master keys of volumes ([volume] key_file) cannot be read.") from failure
    if not lines or not all(_MASTER.fullmatch(line) for line in lines):
        raise errors.ServiceUnavailable("[volume] key_file is not one of 64 hexadecimal digits a line.")
    return [bytes.fromhex(line) for line in lines]


def _make(path: pathlib.Path, ids: Ids) -> None:
    """Put a file with a new key in place, whole or not at all, unless somebody else has just done so."""
    partial = path.with_name(f"{path.name}.{ids.new_id()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(ids.random_bytes(32).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink()
