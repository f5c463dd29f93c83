"""One document for all APIs, made at the first request for it: routes do not change while a process lives."""

import functools

import orjson

from cumulo.api import families
from cumulo.api.wsgi import openapi
from cumulo.api.wsgi.route import Reply, Request


def show(request: Request) -> Reply:
    """Return the document; it is the same for everybody."""
    return Reply(_document(), content_type="application/json")


@functools.cache
def _document() -> bytes:
    return orjson.dumps(openapi.document(families.apis()))
