"""The version documents: which versions of the compute API are served, and where."""

from typing import Any

from cumulo.api.wsgi.route import Request

MINIMUM, MAXIMUM = "2.1", "2.104"
_UPDATED = {"v2.0": "2011-01-21T11:33:21Z", "v2.1": "2013-07-23T11:33:21Z"}


def list_versions(request: Request) -> dict[str, Any]:
    """List the versions; clients expect v2.0 first."""
    return {"versions": [_entry(request, "v2.0"), _entry(request, "v2.1")]}


def show_v2_1(request: Request) -> dict[str, Any]:
    """Show version 2.1."""
    return {"version": _document(request, "v2.1")}


def show_v2_0(request: Request) -> dict[str, Any]:
    """Show version 2.0."""
    return {"version": _document(request, "v2.0")}


def _entry(request: Request, version: str) -> dict[str, Any]:
    path, newest = ("v2", False) if version == "v2.0" else ("v2.1", True)
    return {
        "id": version, "status": "CURRENT" if newest else "SUPPORTED", "version": MAXIMUM if newest else "",
        "min_version": MINIMUM if newest else "", "updated": _UPDATED[version],
        "links": [{"rel": "self", "href": f"{request.url}/{path}/"}]}


def _document(request: Request, version: str) -> dict[str, Any]:
    kind = "application/vnd.openstack.compute+json;version=" + ("2.1" if version == "v2.1" else "2")
    return _entry(request, version) | {"media-types": [{"base": "application/json", "type": kind}]}
