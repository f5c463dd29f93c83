"""Short proofs of the cloud's own making, sealed with the keys of tokens: who holds one was given it.

A proof says what it is for, so none passes for a token or for a proof of something else.
"""

import msgpack
from cryptography.fernet import InvalidToken
from oslo_config import cfg

from cumulo.common import errors
from cumulo.identity.keys import KeyRepository

LONGEST = 2048


def seal(conf: cfg.ConfigOpts, now: float, purpose: str, content: dict[str, str], ttl_s: float) -> str:
    """Return the proof, good for some seconds."""
    body = msgpack.packb([purpose, now + ttl_s, content])
    sealed = KeyRepository(conf.identity.fernet_key_dir).fernet().encrypt_at_time(body, int(now))
    return sealed.rstrip(b"=").decode()


def unseal(conf: cfg.ConfigOpts, now: float, purpose: str, proof: str) -> dict[str, str]:
    """Return what the proof holds; raises NotFound for one that is not ours, not for this purpose, or too old."""
    refusal = errors.NotFound("Token not found")
    if len(proof) > LONGEST or not proof.isascii():
        raise refusal
    try:
        body = KeyRepository(conf.identity.fernet_key_dir).fernet().decrypt(proof.encode() + b"=" * (-len(proof) % 4))
    except InvalidToken as failure:
        raise refusal from failure
    made_for, expires_at, *content = msgpack.unpackb(body)
    if made_for != purpose or expires_at < now:
        raise refusal
    return dict(content[0])
