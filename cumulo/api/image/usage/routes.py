"""The route of usage."""

from typing import Any

from cumulo.api.image import quota
from cumulo.api.wsgi.route import Request, Route
from cumulo.image import quotas


def show(request: Request) -> dict[str, Any]:
    """Show limit and usage of every resource; sizes in MiB, a limit of -1 is none."""
    with request.services.database.read() as connection:
        limits = quota.limits_of(connection, request.context.project_id)
        return {"usage": quotas.usage(connection, limits)}


ROUTES = (Route("GET", "/v2/info/usage", show, policy="image:usage:show"),)
