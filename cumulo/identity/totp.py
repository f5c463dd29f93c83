"""One-time codes from a shared secret and the clock (RFC 6238 over RFC 4226: SHA-1, 30 seconds, 6 digits). Pure."""

import base64
import hmac
import struct
from collections.abc import Iterator

STEP_S = 30
DIGITS = 6
# A code that was read just before it changed is still taken.
EARLIER_STEPS = 1


def code(secret: str, step: int) -> str:
    """Return the code of a half minute for a secret in base32."""
    digest = hmac.digest(base64.b32decode(secret, casefold=True), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start:start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def steps(now: float) -> Iterator[int]:
    """Yield the half minutes whose codes are good, the newest first."""
    newest = int(now // STEP_S)
    for step in range(newest, newest - EARLIER_STEPS - 1, -1):
        yield max(step, 0)


def step_of(secret: str, passcode: str, now: float) -> int | None:
    """Return the half minute that a code is for, None where it is for none; compares all of them, each as long."""
    found = None
    for step in steps(now):
        if hmac.compare_digest(code(secret, step).encode(), passcode.encode()):
            found = step
    return found
