"""The routes of schemas."""

from typing import Any

from cumulo.api.image.schemas import documents, metadefs
from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors


def show(request: Request) -> dict[str, Any]:
    """Show the schema of an image, a member, or a list of them."""
    return _one_of(documents.DOCUMENTS, request.params["name"])


def show_of_metadefs(request: Request) -> dict[str, Any]:
    """Show the schema of a kind of metadata definition, or of a list of them."""
    return _one_of(metadefs.DOCUMENTS, request.params["name"])


def _one_of(known: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in known:
        raise errors.NotFound(f"There is no schema {name[:64]!r}.")
    return known[name]


ROUTES = (
    Route("GET", "/v2/schemas/{name}", show, policy="image:schemas:show"),
    Route("GET", "/v2/schemas/metadefs/{name}", show_of_metadefs, policy="image:schemas:show"),
)
