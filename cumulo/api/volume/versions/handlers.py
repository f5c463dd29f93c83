"""The version documents: which versions of the block storage API are served, and where."""

from typing import Any

from cumulo.api.wsgi.route import Request

MINIMUM, MAXIMUM = "3.0", "3.71"


def show_versions(request: Request) -> dict[str, Any]:
    """List the one version; /v3 shows it in the same form."""
    media = {"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}
    return {"versions": [{
        "id": "v3.0", "status": "CURRENT", "version": MAXIMUM, "min_version": MINIMUM, "updated": "2023-08-31T00:00:00Z",
        "links": [{"rel": "self", "href": f"{request.url}/v3/"}], "media-types": [media]}]}
