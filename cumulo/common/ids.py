"""Identifiers and randomness, handed to whoever needs them, so that a simulation can repeat them."""

import os
import random
import re
import secrets
import uuid

from cumulo.common import errors

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Ids:
    """Random identifiers from the operating system."""

    def new_id(self) -> str:
        """Return a new UUID with dashes."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def request_id(self) -> str:
        """Return a new request id, req- and a UUID."""
        return f"req-{self.new_id()}"

    def random_bytes(self, count: int) -> bytes:
        """Return so many unpredictable bytes."""
        return os.urandom(count)

    def random(self) -> float:
        """Return a number in [0, 1) for jitter and choices; not for secrets."""
        return random.random()

    def mac_address(self) -> str:
        """Return an address in the locally administered range that clouds of this family use."""
        return "fa:16:3e:" + ":".join(f"{byte:02x}" for byte in self.random_bytes(3))

    def password(self, length: int = 16) -> str:
        """Return a password without letters that look alike."""
        return "".join(secrets.choice(_LETTERS) for _ in range(length))


def is_uuid(text: object) -> bool:
    """Say whether the text is a UUID, with or without dashes."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Say whether a text is safe as a file name, as every id is."""
    return _PLAIN.fullmatch(text) is not None


def checked_id(identifier: str) -> str:
    """Return an id that is safe as a file name; raises BadRequest."""
    if not is_file_name(identifier):
        raise errors.BadRequest("malformed id")
    return identifier
