"""The version documents. The root answers 300, which clients read like 200."""

from typing import Any

from cumulo.api.wsgi.route import Reply, Request, Route

_NEWEST_MINOR = 17


def _document(request: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{request.url}/v2/"}]
    minors = range(_NEWEST_MINOR, -1, -1)
    return {"versions": [
        {"id": f"v2.{minor}", "status": "CURRENT" if minor == _NEWEST_MINOR else "SUPPORTED", "links": links}
        for minor in minors]}


def choices(request: Request) -> Reply:
    """Say which versions there are, as something to choose from."""
    return Reply(_document(request), status=300)


def versions(request: Request) -> dict[str, Any]:
    """Say which versions there are."""
    return _document(request)


ROUTES = (
    Route("GET", "/", choices, policy=None, status=300),
    Route("GET", "/versions", versions, policy=None),
    Route("GET", "/v2", choices, policy=None, status=300),
)
