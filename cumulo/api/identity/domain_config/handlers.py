"""A domain's settings: set, show, change, delete; and what holds where it has none."""

from typing import Any

from cumulo.api.wsgi.route import Reply, Request
from cumulo.identity import domain_config
from cumulo.identity.domain_config import Place


def create(request: Request) -> Reply:
    """Give a domain these settings and no others."""
    with request.services.database.write() as connection:
        config, is_new = domain_config.replace(connection, request.params["domain_id"], request.body["config"])
    return Reply({"config": config}, status=201 if is_new else 200)


def show(request: Request) -> dict[str, Any]:
    """Return a domain's settings, those of a group, or one."""
    with request.services.database.read() as connection:
        return {"config": domain_config.get(connection, request.params["domain_id"], _place(request))}


def update(request: Request) -> dict[str, Any]:
    """Change a domain's settings, those of a group, or one."""
    with request.services.database.write() as connection:
        return {"config": domain_config.update(connection, request.params["domain_id"], _place(request),
                                               request.body["config"])}


def delete(request: Request) -> None:
    """Delete a domain's settings, those of a group, or one."""
    with request.services.database.write() as connection:
        domain_config.delete(connection, request.params["domain_id"], _place(request))


def defaults(request: Request) -> dict[str, Any]:
    """Return what holds for a domain without settings of its own."""
    return {"config": domain_config.defaults(_place(request))}


def _place(request: Request) -> Place:
    return Place(request.params.get("group"), request.params.get("option"))
