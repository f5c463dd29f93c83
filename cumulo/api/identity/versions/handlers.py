"""The documents that tell which versions of the identity API there are, and what is in them."""

from typing import Any

import orjson

import cumulo.api.identity.app
from cumulo.api.identity.versions import json_home
from cumulo.api.wsgi.route import Reply, Request

VERSION_ID = "v3.14"
UPDATED = "2020-04-07T00:00:00Z"
_JSON = "application/json"
VARY = {"Vary": "Accept"}


def root(request: Request) -> Reply:
    """Answer with all versions, and where to go on."""
    if _wants_json_home(request):
        return _json_home("/v3")
    return Reply({"versions": {"values": [_version(request)]}}, headers={"Location": f"{request.url}/v3/"} | VARY)


def show(request: Request) -> Reply:
    """Answer with version 3, or with every path in it."""
    if _wants_json_home(request):
        return _json_home("")
    return Reply({"version": _version(request)}, headers=VARY)


def _wants_json_home(request: Request) -> bool:
    """Say whether the caller would rather have the document of paths than that of versions."""
    best = request.raw_request.accept.acceptable_offers([_JSON, json_home.CONTENT_TYPE])
    return bool(best) and best[0][0] == json_home.CONTENT_TYPE


def _json_home(prefix: str) -> Reply:
    document = json_home.document(cumulo.api.identity.app.ROUTES, prefix)
    return Reply(orjson.dumps(document), status=200, headers=VARY, content_type=json_home.CONTENT_TYPE)


def _version(request: Request) -> dict[str, Any]:
    return {"id": VERSION_ID, "status": "stable", "updated": UPDATED,
            "links": [{"rel": "self", "href": f"{request.url}/v3/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}]}
