"""Quotas of a class: show and change. Only the class "default" is anybody's; others are kept, as clients expect."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.quota_sets import resources
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quota_rows, quotas

NETWORK_UNTIL = "2.50"
LONGEST = 255


def show(request: Request) -> dict[str, Any]:
    """Show the limits of a class."""
    with request.services.database.read() as connection:
        return {"quota_class_set": {"id": _name(request)} | _limits(request, connection)}


def update(request: Request) -> dict[str, Any]:
    """Change limits of a class."""
    wanted = resources.numbers(request.body["quota_class_set"])
    if any(most < quotas.UNLIMITED for most in wanted.values()):
        raise errors.BadRequest("Quota limit must be -1 or greater.")
    with request.services.database.write() as connection:
        quota_rows.set_class(connection, _name(request), wanted)
        return {"quota_class_set": _limits(request, connection)}


def _name(request: Request) -> str:
    name = request.params["class_id"]
    if len(name) > LONGEST:
        raise errors.NotFound("There is no quota class of so long a name.")
    return name


def _limits(request: Request, connection: sa.Connection) -> dict[str, int]:
    rows = quota_rows.of_class(connection, _name(request))
    limits = quotas.with_rows(quotas.limits_of(request.services.conf), rows)
    return resources.shown(request, limits, rows, network_until=NETWORK_UNTIL)
