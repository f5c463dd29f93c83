"""Several factors: which methods a user's rules ask for, and the receipt for those that were shown so far.

A receipt is sealed with the keys of tokens in a form of its own: neither can be taken for the other. It says who
proved what; it gives no rights, and ends after receipt_ttl_s or with the user's next new password.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgpack
from cryptography.fernet import InvalidToken, MultiFernet

from cumulo.common import errors
from cumulo.identity.model import LOGIN_REFUSED

FORM = 100
MAX_LENGTH = 4096


@dataclasses.dataclass(frozen=True)
class Receipt:
    """Somebody has shown some of the factors; times are epoch seconds, generation as in a token."""

    user_id: str
    methods: tuple[str, ...]
    issued_at: float
    expires_at: float
    generation: int


def rules_of(options: Mapping[str, Any]) -> list[list[str]]:
    """Return the sets of methods of which one must be shown; none: any single method will do."""
    if not options.get("multi_factor_auth_enabled"):
        return []
    return [list(rule) for rule in options.get("multi_factor_auth_rules") or () if rule]


def is_enough(rules: Sequence[Sequence[str]], methods: Iterable[str]) -> bool:
    """Say whether the methods shown satisfy one of the rules."""
    shown = set(methods)
    return not rules or any(set(rule) <= shown for rule in rules)


def seal(fernet: MultiFernet, receipt: Receipt) -> str:
    """Return the receipt as a text for the client."""
    body = msgpack.packb([FORM, receipt.user_id, list(receipt.methods), receipt.issued_at, receipt.expires_at,
                          receipt.generation])
    return fernet.encrypt_at_time(body, int(receipt.issued_at)).rstrip(b"=").decode()


def open_receipt(fernet: MultiFernet, text: str, now: float) -> Receipt:
    """Return the receipt of a text; raises Unauthorized unless it is one of ours and still good."""
    if len(text) > MAX_LENGTH or not text.isascii():
        raise errors.Unauthorized(LOGIN_REFUSED)
    try:
        fields = msgpack.unpackb(fernet.decrypt(text.encode() + b"=" * (-len(text) % 4)))
    except InvalidToken as failure:
        raise errors.Unauthorized(LOGIN_REFUSED) from failure
    if fields[0] != FORM or len(fields) != 6 or fields[4] <= now:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Receipt(fields[1], tuple(fields[2]), fields[3], fields[4], fields[5])
