"""The quotas that projects begin with: those of the class named default."""

from typing import Any

from cumulo.api.volume.quota_sets.handlers import numbers
from cumulo.api.wsgi.route import Request
from cumulo.volume import quota_rows, quotas


def show(request: Request) -> dict[str, Any]:
    """Show the limits of a class."""
    name = request.params["class_id"]
    with request.services.database.read() as connection:
        known = quotas.defaults(connection, request.services.conf)
        rows = quota_rows.of_class(connection, name)
    limits = known | {resource: most for resource, most in rows.items() if resource in known}
    return {"quota_class_set": {"id": name} | limits}


def update(request: Request) -> dict[str, Any]:
    """Change limits of a class."""
    with request.services.database.write() as connection:
        quota_rows.set_class(connection, request.params["class_id"][:255], numbers(request.body["quota_class_set"]))
    shown = show(request)
    del shown["quota_class_set"]["id"]
    return shown
