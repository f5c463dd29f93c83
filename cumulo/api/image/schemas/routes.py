"""The route of schemas."""

from typing import Any

from cumulo.api.image.schemas import documents
from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors


def show(request: Request) -> dict[str, Any]:
    """Show the schema of an image, a member, or a list of them."""
    name = request.params["name"]
    if name not in documents.DOCUMENTS:
        raise errors.NotFound(f"There is no schema {name[:64]!r}.")
    return documents.DOCUMENTS[name]


ROUTES = (Route("GET", "/v2/schemas/{name}", show, policy="image:schemas:show"),)
