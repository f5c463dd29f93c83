"""The last audit as JSON, and the metrics page; both only read what the scheduler recorded."""

from typing import Any

from cumulo.api.compute.cumulo_audit import metrics
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common.audit import findings
from cumulo.common.operations import store


def show(request: Request) -> dict[str, Any]:
    """Show what the last audit found."""
    database = request.services.database
    with database.read() as connection:
        found = findings.report(connection, database.now(connection))
    return {"audit": found.to_dict()}


def show_metrics(request: Request) -> Reply:
    """Show the metrics, in Prometheus' text format."""
    database = request.services.database
    with database.read() as connection:
        found = findings.report(connection, database.now(connection))
        operations = store.count_unfinished(connection)
    return Reply(metrics.render(found, operations), content_type=metrics.CONTENT_TYPE)
