"""A difference: two sides that should say the same and do not."""

import dataclasses
import hashlib

import orjson


@dataclasses.dataclass(frozen=True)
class Difference:
    """What differs, and what each side says.

    subject is the id of what it is about, or a name where nothing has an id. server_id names the
    server, volume or snapshot whose operation under way excuses it; heard are the targets whose holdings it was seen
    in. kind, subject, host and mark make it the same difference when it is seen again.
    """

    kind: str
    subject: str
    one: str
    other: str
    host: str = ""
    server_id: str | None = None
    heard: tuple[str, ...] = ()
    mark: str = ""

    @property
    def id(self) -> str:
        """Return the same text for the same difference at every look."""
        return hashlib.sha256(orjson.dumps([self.kind, self.subject, self.host, self.mark])).hexdigest()

    @property
    def resource_id(self) -> str:
        """Return whose operations may have made it."""
        return self.server_id or self.subject

    def __str__(self) -> str:
        """Return both sides on one line."""
        return f"{self.kind}: {self.one} | {self.other}"
