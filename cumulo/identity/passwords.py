"""Passwords: hashing with bcrypt, and a short memory of those that were just verified.

bcrypt takes a fifth of a second on purpose, so it runs in a native thread, and a password that was
verified a moment ago is recognised by a digest instead. The digest is keyed with bytes that never
leave this process and covers the stored hash: a changed password is a different record. Why that is
safe: doc/design/0003-verified-passwords.md.
"""

import base64
import collections
import hashlib
import hmac

import bcrypt
from oslo_config import cfg

from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads

MAX_REMEMBERED = 10_000
# A hash nobody's password has: what is verified where no user was found, so that the answer takes
# as long as for a wrong password.
_NOBODY = "." * 53


def hash_password(threads: Threads, password: str, rounds: int) -> str:
    """Return a bcrypt hash of the password; rounds is the base-2 logarithm of the work."""
    salt = bcrypt.gensalt(rounds)
    return threads.native(bcrypt.hashpw, _digest(password), salt).decode()


def verify(threads: Threads, password: str, stored: str | None, rounds: int) -> bool:
    """Say whether the password fits the stored hash; takes as long where there is none."""
    reference = stored or f"$2b${rounds:02d}${_NOBODY}"
    made: bytes = threads.native(bcrypt.hashpw, _digest(password), reference.encode())
    return hmac.compare_digest(made, reference.encode()) and stored is not None


def _digest(password: str) -> bytes:
    """Return 64 printable bytes of the password: bcrypt looks at 72 bytes at most and stops at a zero."""
    return base64.b64encode(hashlib.sha384(password.encode()).digest())


class PasswordCheck:
    """Verifies passwords and remembers for a moment which ones were right."""

    def __init__(self, conf: cfg.ConfigOpts, clock: Clock, ids: Ids) -> None:
        self._rounds: int = conf.identity.password_hash_rounds
        self._ttl_s: int = conf.identity.verified_password_ttl_s
        self._clock = clock
        self._key = ids.random_bytes(32)
        self._verified: collections.OrderedDict[bytes, float] = collections.OrderedDict()

    def is_right(self, threads: Threads, password: str, stored: str | None) -> bool:
        """Say whether the password fits the stored hash.

        None stands for whoever may not log in, whyever (no such user, no password, disabled): it takes as long as
        a wrong password, each time, and so never tells that the password was right.
        """
        record = hmac.digest(self._key, f"{stored}\n{password}".encode(), "sha256")
        now = self._clock.monotonic()
        if stored is not None and self._verified.get(record, 0.0) > now:
            return True
        if not verify(threads, password, stored, self._rounds):
            return False
        self._remember(record, now)
        return True

    def _remember(self, record: bytes, now: float) -> None:
        if not self._ttl_s:
            return
        self._verified[record] = now + self._ttl_s
        self._verified.move_to_end(record)
        if len(self._verified) > MAX_REMEMBERED:
            self._verified.popitem(last=False)
        self.drop_old()

    @property
    def remembered(self) -> int:
        """Return how many passwords are remembered."""
        return len(self._verified)

    def drop_old(self) -> None:
        """Forget what has been remembered for long enough."""
        now = self._clock.monotonic()
        while self._verified and next(iter(self._verified.values())) <= now:
            self._verified.popitem(last=False)
