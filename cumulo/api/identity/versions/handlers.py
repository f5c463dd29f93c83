"""The documents that tell which versions of the identity API there are."""

from typing import Any

from cumulo.api.wsgi.route import Reply, Request

VERSION_ID = "v3.14"
UPDATED = "2020-04-07T00:00:00Z"


def root(request: Request) -> Reply:
    """Answer with all versions, and where to go on."""
    return Reply({"versions": {"values": [_version(request)]}}, headers={"Location": f"{request.url}/v3/"})


def show(request: Request) -> dict[str, Any]:
    """Answer with version 3."""
    return {"version": _version(request)}


def _version(request: Request) -> dict[str, Any]:
    return {"id": VERSION_ID, "status": "stable", "updated": UPDATED,
            "links": [{"rel": "self", "href": f"{request.url}/v3/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}]}
