"""What is sealed inside a token, and its bytes.

A token carries ids, never rights: roles are looked up when it is used, so taking a role away works
at once. Only a service's own token carries its roles, because a service is no user.
"""

import base64
import dataclasses
from typing import Any

import msgpack
from cryptography.fernet import InvalidToken, MultiFernet

from cumulo.common import errors
from cumulo.identity.model import LOGIN_REFUSED, OWN_RIGHTS, UNSCOPED, Delegation, Scope

FORM = 1
# With what the rights are borrowed from at the end. A release that knows nothing of that must refuse such a token.
DELEGATED_FORM = 2
MAX_TOKEN_LENGTH = 4096
# Numbered in this order inside tokens: new ones go to the end.
METHODS = ("password", "token", "service", "application_credential", "totp", "external", "ec2credential", "trust",
           "oauth1")
AUDIT_ID_BYTES = 16
_KINDS = ("none", "project", "domain", "system")


@dataclasses.dataclass(frozen=True)
class Payload:
    """The content of a token. Times are epoch seconds.

    generation is the identity generation whose rights the token was made under: what happened later
    may refuse it. audit_ids holds the token's own id and that of the first token it descends from.
    """

    user_id: str
    methods: tuple[str, ...]
    issued_at: float
    expires_at: float
    generation: int
    audit_ids: tuple[str, ...]
    scope: Scope = UNSCOPED
    service_roles: tuple[str, ...] = ()
    delegation: Delegation = OWN_RIGHTS


def seal(fernet: MultiFernet, payload: Payload) -> str:
    """Return the token of a payload."""
    delegation = payload.delegation
    borrowed = [] if delegation == OWN_RIGHTS else [_pack_id(delegation.application_credential_id),
                                                    _pack_id(delegation.trust_id),
                                                    _pack_id(delegation.access_token_id)]
    body = msgpack.packb([
        DELEGATED_FORM if borrowed else FORM, _pack_id(payload.user_id), [METHODS.index(method) for method in payload.methods],
        payload.issued_at, payload.expires_at, payload.generation, [_pack_audit(a) for a in payload.audit_ids],
        _KINDS.index(payload.scope.kind), _pack_id(payload.scope.id), list(payload.service_roles), *borrowed,
    ])
    return fernet.encrypt_at_time(body, int(payload.issued_at)).rstrip(b"=").decode()


def open_token(fernet: MultiFernet, token_id: str) -> Payload:
    """Return the payload of a token; raises Unauthorized unless it was sealed with one of our keys."""
    if len(token_id) > MAX_TOKEN_LENGTH or not token_id.isascii():
        raise errors.Unauthorized(LOGIN_REFUSED)
    try:
        body = fernet.decrypt(token_id.encode() + b"=" * (-len(token_id) % 4))
    except InvalidToken as failure:
        raise errors.Unauthorized(LOGIN_REFUSED) from failure
    return _unpack(msgpack.unpackb(body))


def new_audit_id(random: bytes) -> str:
    """Return random bytes as an audit id: base64 for URLs without padding."""
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def _unpack(fields: list[Any]) -> Payload:
    if fields[0] not in (FORM, DELEGATED_FORM):  # sealed by a later release
        raise errors.Unauthorized(LOGIN_REFUSED)
    user_id, methods, issued_at, expires_at, generation, audit_ids, kind, scope_id, roles, *borrowed = fields[1:]
    return Payload(
        user_id=_unpack_id(user_id), methods=tuple(METHODS[number] for number in methods), issued_at=issued_at,
        expires_at=expires_at, generation=generation, audit_ids=tuple(new_audit_id(a) for a in audit_ids),
        scope=Scope(_KINDS[kind], _unpack_id(scope_id)), service_roles=tuple(roles),  # type: ignore[arg-type]
        delegation=Delegation(*map(_unpack_id, borrowed)))


def _pack_id(text: str) -> bytes | str:
    """Halve an id of 32 hexadecimal digits; others, such as "default", stay text."""
    if len(text) == 32 and all(each in "0123456789abcdef" for each in text):
        return bytes.fromhex(text)
    return text


def _unpack_id(packed: bytes | str) -> str:
    return packed.hex() if isinstance(packed, bytes) else packed


def _pack_audit(audit_id: str) -> bytes:
    return base64.urlsafe_b64decode(audit_id + "=" * (-len(audit_id) % 4))
