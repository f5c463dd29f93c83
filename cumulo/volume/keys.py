"""The keys of encrypted volumes: one for each, sealed with a master key that is in no database.

A key is made with its volume's row and goes with it: what is left of the volume's data then nobody can read. The master
keys stand in a file, 64 hexadecimal digits a line, which every controller has: all of them open, the first one seals.
"""

import base64
import contextlib
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
from cumulo.common.ids import Ids
from cumulo.volume import type_encryption

Row = Mapping[str, Any]
PASSPHRASE_BYTES = 32
NONCE_BYTES = 12
LUKS = ("luks", "luksencryptor", "nova.volume.encryptors.luks.luksencryptor")
"""What clients call the one format that guests' QEMU reads."""
DEFAULT_CIPHER, DEFAULT_BITS = "aes-xts-plain64", 256
_CIPHER = re.compile(r"aes-(xts|cbc)-plain64")
_MASTER = re.compile(r"[0-9a-fA-F]{64}")


def check(encryption: Row) -> None:
    """Raise BadRequest for an encryption that guests' QEMU does not have."""
    bits = encryption["key_size"] or DEFAULT_BITS
    cipher = _CIPHER.fullmatch((encryption["cipher"] or DEFAULT_CIPHER).lower())
    if encryption["provider"].lower() not in LUKS or cipher is None or bits not in (
            (256, 512) if cipher[1] == "xts" else (128, 256)):
        raise errors.BadRequest(
            "Invalid volume type: It encrypts in a way that is not to be had here, which is provider luks, "
            "cipher aes-xts-plain64 with key size 256 or 512, or aes-cbc-plain64 with 128 or 256.")


def make(connection: sa.Connection, ids: Ids, now: float, conf: cfg.ConfigOpts, volume_id: str,
         like: str | None = None) -> str:
    """Make the key of a volume whose row is there, the same as another volume's if one is named; return its id."""
    passphrase = read(connection, conf, like) if like else base64.b64encode(ids.random_bytes(PASSPHRASE_BYTES)).decode()
    key_id, nonce = ids.new_id(), ids.random_bytes(NONCE_BYTES)
    sealed = AESGCM(_masters(conf, ids)[0]).encrypt(nonce, passphrase.encode(), key_id.encode())
    connection.execute(sa.insert(volume_key).values(
        id=key_id, volume_id=volume_id, sealed=base64.b64encode(nonce + sealed).decode(), created_at=now))
    connection.execute(sa.update(volume).where(volume.c.id == volume_id).values(encryption_key_id=key_id))
    return key_id


def read(connection: sa.Connection, conf: cfg.ConfigOpts, volume_id: str) -> str:
    """Return what a volume is opened with; raises NotFound, and ServiceUnavailable where no master key opens it."""
    row = connection.execute(sa.select(volume_key).where(volume_key.c.volume_id == volume_id)).first()
    if row is None:
        raise errors.NotFound(f"Volume {volume_id} has no key.")
    kept = base64.b64decode(row.sealed)
    for master in _masters(conf):
        with contextlib.suppress(InvalidTag):
            return AESGCM(master).decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], row.id.encode()).decode()
    raise errors.ServiceUnavailable(
        "No master key of [volume] key_file opens the key: it must be the same on every controller.")


def of_volume(connection: sa.Connection, volume_id: str) -> dict[str, Any]:
    """Return how a volume is encrypted: {"format", "cipher", "bits"}; nothing of one that is not. Raises NotFound."""
    query = sa.select(volume.c.type_id, volume.c.encryption_key_id).where(volume.c.id == volume_id)
    row = connection.execute(query).first()
    if row is None:
        raise errors.NotFound(f"Volume {volume_id} could not be found.")
    if row.encryption_key_id is None:
        return {}
    encryption = type_encryption.of_type(connection, row.type_id) or {}
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
