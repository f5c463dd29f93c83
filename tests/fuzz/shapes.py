"""A request as it is made, before it becomes a WSGI environment."""

import dataclasses
import io
from typing import Any
from urllib.parse import quote_from_bytes

import orjson

from tests.fuzz.operations import Operation


@dataclasses.dataclass
class Shape:
    """One request; body is JSON unless raw is set."""

    operation: Operation
    method: str
    path: bytes
    query: str
    headers: dict[str, str]
    actor: str
    body: Any = None
    has_body: bool = False
    raw: bytes | None = None
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def content(self) -> bytes:
        """Return the bytes of the body."""
        if self.raw is not None:
            return self.raw
        return encode(self.body) if self.has_body else b""

    def environ(self, token: str | None) -> dict[str, Any]:
        """Return what a WSGI server would hand to the application."""
        content = self.content
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query, "SERVER_NAME": "localhost", "SERVER_PORT": "5000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(content),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }
        headers = {"Host": "localhost:5000"} | ({"X-Auth-Token": token} if token is not None else {})
        if content:
            headers |= {"Content-Length": str(len(content)), "Content-Type": (self.operation.consumes
                                                                              or ("application/json",))[0]}
        for name, value in (headers | self.headers).items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{key}"] = value
        return environ

    def __str__(self) -> str:
        content = self.content
        shown = repr(content if len(content) < 600 else content[:600] + b"...")
        asked = f"{self.method} {quote_from_bytes(self.path)[:600]}?{self.query[:300]!a}"
        return (f"{asked} as {self.actor} {self.headers!r:.400} {shown} "
                f"({', '.join(self.notes) or 'as the schema wants it'})")


def encode(body: Any) -> bytes:
    """Return the JSON of a body; numbers beyond 64 bits and raw pieces stand in it as they are."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return _encode(body)


class Raw(bytes):
    """A piece of a body that no encoder would write."""


def _encode(body: Any) -> bytes:
    if isinstance(body, Raw):
        return bytes(body)
    if isinstance(body, dict):
        return b"{" + b",".join(encode(key) + b":" + encode(value) for key, value in body.items()) + b"}"
    if isinstance(body, list):
        return b"[" + b",".join(encode(each) for each in body) + b"]"
    return str(body).encode()
