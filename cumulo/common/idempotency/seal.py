"""The kept answer, sealed: only the key that the caller chose opens it, and the key is stored nowhere. Pure.

An answer may hold a server's password or a private key that exists nowhere else; it must not lie
readable in the database, nor in a dump of it, for as long as it is kept.
"""

import dataclasses

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cumulo.common.idempotency.keys import Asked

NONCE_BYTES = 12
_KEY_BYTES = 32
_PURPOSE = b"cumulo: the kept answer of a request"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was answered to the request with that id; headers without those that every answer gets anew."""

    status: int
    request_id: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def seal(answer: Answer, asked: Asked, nonce: bytes) -> bytes:
    """Return all but the status in a form that the key opens; nonce is random, 12 bytes."""
    # latin-1 gives every byte a character, so any body survives the way through JSON.
    plain = orjson.dumps([answer.request_id, answer.headers, answer.body.decode("latin-1")])
    return nonce + _cipher(asked).encrypt(nonce, plain, asked.request_hash.encode())


def unseal(status: int, sealed: bytes, asked: Asked) -> Answer:
    """Return the answer that was sealed for the same request."""
    plain = _cipher(asked).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], asked.request_hash.encode())
    request_id, headers, body = orjson.loads(plain)
    return Answer(status, request_id, tuple((name, value) for name, value in headers), body.encode("latin-1"))


def _cipher(asked: Asked) -> AESGCM:
    # The row's id as salt: the same key in another scope opens nothing here.
    derive = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=asked.row_id.encode(), info=_PURPOSE)
    return AESGCM(derive.derive(asked.key.encode()))
