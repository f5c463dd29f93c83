"""OAuth 1.0a: a user lets a program, the consumer, work with some of their roles in a project.

    1. the consumer asks for a request token       it signs with its secret
    2. the user agrees, and names roles            and is told a verifier, which they give to the consumer
    3. the consumer gets an access token for it    it signs with its secret and the request token's
    4. the consumer logs in, as often as it likes  it signs with its secret and the access token's

Secrets are encrypted at rest with the keys of credentials. What an access token is worth is looked up whenever a
token made with it is (delegations.py).
"""

import dataclasses
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from cryptography.fernet import InvalidToken, MultiFernet

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables import identity_oauth as oauth
from cumulo.common.ids import Ids
from cumulo.identity import reach, rows
from cumulo.identity.lookup import Facts
from cumulo.identity.model import AccessToken, Role
from cumulo.identity.revocations import Recorder

SECRET_BYTES = 32
VERIFIER_BYTES = 8
REQUEST_TTL_S = 8 * 3600.0
_CLASH = "The consumer, the user, the project or a role has just been deleted."
_KNOWN = ("description",)
Kind = Literal["request", "access"]


@dataclasses.dataclass(frozen=True)
class Consumer:
    """A program."""

    id: str
    description: str | None
    extra: dict[str, Any]


def get_consumer(connection: sa.Connection, consumer_id: str) -> Consumer:
    """Return a consumer; raises NotFound."""
    row = connection.execute(_consumers().where(oauth.consumer.c.id == consumer_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find consumer: {consumer_id}.")
    return Consumer(*row)


def list_consumers(connection: sa.Connection) -> list[Consumer]:
    """Return all consumers, oldest first."""
    table = oauth.consumer
    return [Consumer(*row) for row in connection.execute(_consumers().order_by(table.c.created_at, table.c.id))]


def create_consumer(connection: sa.Connection, fernet: MultiFernet, ids: Ids, now: float,
                    values: Mapping[str, Any]) -> tuple[Consumer, str]:
    """Insert a consumer; return it and its secret."""
    secret = ids.random_bytes(SECRET_BYTES).hex()
    made = Consumer(rows.new_id(ids), values.get("description"), _extra(values))
    rows.insert(connection, oauth.consumer, dataclasses.asdict(made) | {
        "sealed": _sealed(fernet, secret), "created_at": now}, _CLASH)
    return made, secret


def update_consumer(connection: sa.Connection, consumer_id: str, values: Mapping[str, Any]) -> Consumer:
    """Change a consumer's description and what a client added; raises NotFound."""
    before = get_consumer(connection, consumer_id)
    changes = {name: values[name] for name in _KNOWN if name in values}
    changes["extra"] = before.extra | _extra(values)
    rows.update(connection, oauth.consumer, consumer_id, changes, _CLASH)
    return get_consumer(connection, consumer_id)


def delete_consumer(connection: sa.Connection, record: Recorder, consumer_id: str) -> None:
    """Delete a consumer with its tokens, and refuse what was made with them; raises NotFound."""
    get_consumer(connection, consumer_id)
    table = oauth.token
    for token_id in connection.execute(sa.select(table.c.id).where(table.c.consumer_id == consumer_id)
                                       .order_by(table.c.id)).scalars().all():
        record.delegation(token_id)
    connection.execute(sa.delete(oauth.consumer).where(oauth.consumer.c.id == consumer_id))


def secrets_of(connection: sa.Connection, fernet: MultiFernet, now: float, consumer_id: str, token_id: str | None,
               kind: Kind | None) -> tuple[str, str] | None:
    """Return the secrets of a consumer and of its token of that kind (None: it has none yet); None: unknown."""
    sealed = connection.execute(sa.select(oauth.consumer.c.sealed).where(
        oauth.consumer.c.id == consumer_id)).scalar_one_or_none()
    if kind is None:
        return None if sealed is None else (_opened(fernet, sealed), "")
    table = oauth.token
    other = connection.execute(sa.select(table.c.sealed).where(
        table.c.id == token_id, table.c.kind == kind, table.c.consumer_id == consumer_id,
        _is_alive(now))).scalar_one_or_none()
    return None if sealed is None or other is None else (_opened(fernet, sealed), _opened(fernet, other))


def request_token(connection: sa.Connection, fernet: MultiFernet, ids: Ids, now: float, consumer_id: str,
                  project_id: str) -> tuple[str, str, float]:
    """Make a request token for work in a project; return its id, its secret and when it ends."""
    connection.execute(sa.delete(oauth.token).where(oauth.token.c.expires_at <= now))
    if connection.execute(sa.select(tables.project.c.id).where(tables.project.c.id == project_id)).first() is None:
        raise errors.NotFound(f"Could not find project: {project_id}.")
    token_id, secret, ends = rows.new_id(ids), ids.random_bytes(SECRET_BYTES).hex(), now + REQUEST_TTL_S
    rows.insert(connection, oauth.token, {
        "id": token_id, "kind": "request", "consumer_id": consumer_id, "project_id": project_id,
        "sealed": _sealed(fernet, secret), "expires_at": ends, "created_at": now}, _CLASH)
    return token_id, secret, ends


def project_of(connection: sa.Connection, now: float, token_id: str) -> str:
    """Return the project that a request token nobody agreed to is for; raises NotFound."""
    table = oauth.token
    found: str | None = connection.execute(sa.select(table.c.project_id).where(
        table.c.id == token_id, table.c.kind == "request", table.c.user_id.is_(None),
        _is_alive(now))).scalar_one_or_none()
    if found is None:
        raise errors.NotFound(f"Could not find request token: {token_id}.")
    return found


def agree(connection: sa.Connection, ids: Ids, token_id: str, user_id: str, role_ids: Sequence[str]) -> str:
    """Let a request token have roles of a user; return the verifier. Raises NotFound where somebody was quicker."""
    verifier, table = ids.random_bytes(VERIFIER_BYTES).hex(), oauth.token
    if not connection.execute(sa.update(table).where(
            table.c.id == token_id, table.c.user_id.is_(None)).values(
            user_id=user_id, verifier_hash=_hash(verifier))).rowcount:
        raise errors.NotFound(f"Could not find request token: {token_id}.")
    for role_id in role_ids:
        rows.insert(connection, oauth.token_role, {"token_id": token_id, "role_id": role_id}, _CLASH)
    return verifier


def exchange(connection: sa.Connection, fernet: MultiFernet, ids: Ids, now: float, token_id: str,
             verifier: str) -> tuple[str, str]:
    """Make a request token that a user agreed to an access token; return its id and secret; else Unauthorized."""
    table = oauth.token
    row = connection.execute(sa.select(table).where(table.c.id == token_id, table.c.kind == "request")
                             .with_for_update()).one_or_none()
    if row is None or row.verifier_hash is None or not hmac.compare_digest(row.verifier_hash, _hash(verifier)):
        raise errors.Unauthorized("The verifier is not that of the request token.")
    access_id, secret = rows.new_id(ids), ids.random_bytes(SECRET_BYTES).hex()
    roles = connection.execute(sa.select(oauth.token_role.c.role_id).where(
        oauth.token_role.c.token_id == token_id)).scalars().all()
    rows.insert(connection, table, {
        "id": access_id, "kind": "access", "consumer_id": row.consumer_id, "project_id": row.project_id,
        "user_id": row.user_id, "sealed": _sealed(fernet, secret), "created_at": now}, _CLASH)
    for role_id in roles:
        rows.insert(connection, oauth.token_role, {"token_id": access_id, "role_id": role_id}, _CLASH)
    connection.execute(sa.delete(table).where(table.c.id == token_id))
    return access_id, secret


def find(connection: sa.Connection, token_id: str) -> AccessToken | None:
    """Return an access token, or None."""
    found = _access_tokens(connection, oauth.token.c.id == token_id)
    return found[0] if found else None


def get(connection: sa.Connection, user_id: str, token_id: str) -> AccessToken:
    """Return a user's access token; raises NotFound."""
    found = _access_tokens(connection, oauth.token.c.id == token_id, oauth.token.c.user_id == user_id)
    if not found:
        raise errors.NotFound(f"Could not find access token: {token_id}.")
    return found[0]


def listed(connection: sa.Connection, user_id: str) -> list[AccessToken]:
    """Return a user's access tokens, oldest first."""
    return _access_tokens(connection, oauth.token.c.user_id == user_id)


def delete(connection: sa.Connection, record: Recorder, token_id: str) -> None:
    """Delete an access token, and refuse what was made with it."""
    connection.execute(sa.delete(oauth.token).where(oauth.token.c.id == token_id))
    record.delegation(token_id)


def narrowed(connection: sa.Connection, known: Facts, access: AccessToken) -> Facts | None:
    """Return the facts with the roles that were handed on alone; None where the user lost one, or it is not theirs."""
    given = {role.id for role in access.roles}
    if known.user.id != access.user_id or known.project is None or known.project.id != access.project_id:
        return None
    if not given or not given <= {role.id for role in known.roles}:
        return None
    implied = reach.implied(connection)
    reached = given.union(*(implied.get(role_id, set()) for role_id in sorted(given)))
    return dataclasses.replace(known, access_token=access,
                               roles=tuple(role for role in known.roles if role.id in reached))


def reseal(connection: sa.Connection, fernet: MultiFernet) -> Iterator[str]:
    """Seal every secret with the newest key; yields each id. Raises InternalError where a key is missing."""
    for table in (oauth.consumer, oauth.token):
        for row in connection.execute(sa.select(table.c.id, table.c.sealed).order_by(table.c.id)).all():
            try:
                sealed = fernet.rotate(row.sealed.encode()).decode()
            except InvalidToken as failure:
                raise errors.InternalError(f"secret {row.id} is sealed with a key that is not there") from failure
            connection.execute(sa.update(table).where(table.c.id == row.id).values(sealed=sealed))
            yield row.id


def _access_tokens(connection: sa.Connection, *where: "sa.ColumnElement[bool]") -> list[AccessToken]:
    table, role = oauth.token, tables.role
    found = connection.execute(sa.select(table.c.id, table.c.consumer_id, table.c.user_id, table.c.project_id,
                                         table.c.expires_at)
                               .where(table.c.kind == "access", *where).order_by(table.c.created_at, table.c.id)).all()
    return [AccessToken(*row, tuple(Role(*each) for each in connection.execute(
        sa.select(role.c.id, role.c.name).join(oauth.token_role, oauth.token_role.c.role_id == role.c.id)
        .where(oauth.token_role.c.token_id == row.id).order_by(role.c.name)))) for row in found]


def _consumers() -> "sa.Select[Any]":
    return sa.select(*(oauth.consumer.c[field.name] for field in dataclasses.fields(Consumer)))


def _is_alive(now: float) -> "sa.ColumnElement[bool]":
    return sa.or_(oauth.token.c.expires_at.is_(None), oauth.token.c.expires_at > now)


def _extra(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _KNOWN}


def _sealed(fernet: MultiFernet, secret: str) -> str:
    return fernet.encrypt(secret.encode()).decode()


def _opened(fernet: MultiFernet, sealed: str) -> str:
    try:
        return fernet.decrypt(sealed.encode()).decode()
    except InvalidToken as failure:
        raise errors.InternalError("a secret of OAuth is sealed with a key that is not there") from failure


def _hash(verifier: str) -> str:
    return hashlib.sha256(verifier.encode()).hexdigest()
