"""Credentials: secrets kept for users, encrypted at rest with keys that are not in the database.

    ec2     {"access": ..., "secret": ...}, for a project: what requests are signed with (signatures.py)
    totp    the shared secret of one-time codes, in base32 (totp.py)
    others  whatever a client keeps here
"""

import base64
import binascii
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from cryptography.fernet import InvalidToken, MultiFernet

from cumulo.common import errors
from cumulo.common.db.tables.identity_credential import credential as table
from cumulo.common.ids import Ids
from cumulo.identity import lookup, rows
from cumulo.identity.model import Scope

CLASH = "A credential with this access key exists already, or its user or project has just been deleted."
FILTERS = ("user_id", "type")
EC2, TOTP = "ec2", "totp"
ACCESS_BYTES = 16
MIN_TOTP_BYTES = 10


@dataclasses.dataclass(frozen=True)
class Credential:
    """A kept secret, readable."""

    id: str
    user_id: str
    project_id: str | None
    type: str
    blob: str


@dataclasses.dataclass(frozen=True)
class Key:
    """An access key with its secret."""

    credential: Credential
    access: str
    secret: str


def get(connection: sa.Connection, fernet: MultiFernet, credential_id: str, *, only_user: str | None,
        lock: bool = False) -> Credential:
    """Return a credential; raises NotFound, also for one of another user than only_user (None: anybody's).

    lock: nobody else changes it until the transaction ends.
    """
    where = [table.c.id == credential_id] + ([] if only_user is None else [table.c.user_id == only_user])
    statement = sa.select(table).where(*where)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find credential: {credential_id}.")
    return _credential(fernet, row)


def listed(connection: sa.Connection, fernet: MultiFernet, query: Mapping[str, str], *,
           only_user: str | None) -> list[Credential]:
    """Return the credentials that fit a query string, oldest first; only_user as for get."""
    where = [] if only_user is None else [table.c.user_id == only_user]
    found = connection.execute(sa.select(table).where(*where, *rows.conditions(table, FILTERS, query))
                               .order_by(table.c.created_at, table.c.id)).all()
    return [_credential(fernet, row) for row in found]


def create(connection: sa.Connection, fernet: MultiFernet, ids: Ids, now: float,
           values: Mapping[str, Any]) -> Credential:
    """Keep a secret and return it; values: user_id, project_id, type, blob. Raises BadRequest, or Conflict."""
    access = _check(values)
    access_hash = hash_of(access) if access else None
    row_id = access_hash or rows.new_id(ids)  # clients reckon the id of an access key themselves
    rows.insert(connection, table, {
        "id": row_id, "created_at": now, "user_id": values["user_id"], "project_id": values.get("project_id"),
        "type": values["type"], "sealed": _seal(fernet, now, values["blob"]), "access_hash": access_hash}, CLASH)
    return get(connection, fernet, row_id, only_user=None)


def update(connection: sa.Connection, fernet: MultiFernet, now: float, before: Credential,
           values: Mapping[str, Any]) -> Credential:
    """Change a credential that is locked and return it; raises BadRequest, or Conflict."""
    whole = dataclasses.asdict(before) | dict(values)
    access = _check(whole)
    changes = {name: whole[name] for name in ("user_id", "project_id", "type")}
    changes |= {"sealed": _seal(fernet, now, whole["blob"]), "access_hash": hash_of(access) if access else None}
    rows.update(connection, table, before.id, changes, CLASH)
    return get(connection, fernet, before.id, only_user=None)


def delete(connection: sa.Connection, credential_id: str) -> None:
    """Delete a credential."""
    connection.execute(sa.delete(table).where(table.c.id == credential_id))


def new_key(ids: Ids, user_id: str, project_id: str) -> dict[str, Any]:
    """Return the values of a new access key, as create takes them."""
    access, secret = ids.random_bytes(ACCESS_BYTES).hex(), ids.random_bytes(ACCESS_BYTES).hex()
    blob = orjson.dumps({"access": access, "secret": secret}).decode()
    return {"user_id": user_id, "project_id": project_id, "type": EC2, "blob": blob}


def key(connection: sa.Connection, fernet: MultiFernet, access: str, *, user_id: str | None = None) -> Key | None:
    """Return the key with this access key (of the user, where one is named), or None."""
    where = [table.c.access_hash == hash_of(access), table.c.type == EC2]
    row = connection.execute(sa.select(table).where(
        *where, *([] if user_id is None else [table.c.user_id == user_id]))).one_or_none()
    return None if row is None else as_key(_credential(fernet, row))


def as_key(credential: Credential) -> Key:
    """Return a credential of type ec2 as the key it is."""
    blob = orjson.loads(credential.blob)
    return Key(credential, blob["access"], blob["secret"])


def codes_of(connection: sa.Connection, fernet: MultiFernet, user_id: str) -> list[Credential]:
    """Return what a user's one-time codes may be made from."""
    found = connection.execute(sa.select(table).where(
        table.c.user_id == user_id, table.c.type == TOTP).order_by(table.c.id)).all()
    return [_credential(fernet, row) for row in found]


def take_step(connection: sa.Connection, credential_id: str, step: int) -> bool:
    """Say whether the code of a half minute is taken now for the first time."""
    return bool(connection.execute(sa.update(table).where(
        table.c.id == credential_id, sa.or_(table.c.last_step.is_(None), table.c.last_step < step))
        .values(last_step=step)).rowcount)


def check_project(connection: sa.Connection, user_id: str, project_id: str | None) -> None:
    """Raise BadRequest unless the user has a role in the project, or it is None."""
    if project_id is not None and not lookup.effective_roles(connection, user_id, Scope("project", project_id)):
        raise errors.BadRequest("The user has no role in the project.")


def reseal(connection: sa.Connection, fernet: MultiFernet) -> Iterator[str]:
    """Seal every credential with the newest key; yields each id. Raises InternalError where a key is missing."""
    for row in connection.execute(sa.select(table.c.id, table.c.sealed).order_by(table.c.id)).all():
        try:
            sealed = fernet.rotate(row.sealed.encode()).decode()
        except InvalidToken as failure:
            raise errors.InternalError(f"credential {row.id} is sealed with a key that is not there") from failure
        # Only what was read: whoever changes it meanwhile seals it with the newest key themself.
        connection.execute(sa.update(table).where(table.c.id == row.id, table.c.sealed == row.sealed)
                           .values(sealed=sealed))
        yield row.id


def hash_of(access: str) -> str:
    """Return what an access key is found by."""
    return hashlib.sha256(access.encode()).hexdigest()


def _check(values: Mapping[str, Any]) -> str | None:
    """Return the access key of a credential of type ec2; raises BadRequest for a blob its type cannot use."""
    if values["type"] == TOTP:
        try:
            secret = base64.b32decode(values["blob"].encode(), casefold=True)
        except (binascii.Error, UnicodeEncodeError, ValueError) as failure:
            raise errors.BadRequest("The blob of a totp credential is a secret in base32.") from failure
        if len(secret) < MIN_TOTP_BYTES:
            raise errors.BadRequest(f"The secret of a totp credential has at least {MIN_TOTP_BYTES} bytes.")
    if values["type"] != EC2:
        return None
    if values.get("project_id") is None:
        raise errors.BadRequest("A credential of type ec2 is for a project: project_id is required.")
    try:
        blob = orjson.loads(values["blob"])
        access, secret = blob["access"], blob["secret"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as failure:
        raise errors.BadRequest('The blob of an ec2 credential is {"access": ..., "secret": ...}.') from failure
    if not (isinstance(access, str) and access and isinstance(secret, str) and secret):
        raise errors.BadRequest("The access key and the secret of an ec2 credential are texts.")
    return access


def _seal(fernet: MultiFernet, now: float, blob: str) -> str:
    return fernet.encrypt_at_time(blob.encode(), int(now)).decode()


def _credential(fernet: MultiFernet, row: "sa.Row[Any]") -> Credential:
    try:
        blob = fernet.decrypt(row.sealed.encode()).decode()
    except InvalidToken as failure:
        raise errors.InternalError(f"credential {row.id} is sealed with a key that is not there") from failure
    return Credential(row.id, row.user_id, row.project_id, row.type, blob)
