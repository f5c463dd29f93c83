"""os-instance_usage_audit_log: which servers ran in the last whole month, host by host.

Usage is counted from the servers' rows when it is asked for, so no host is ever late: all are done.
"""

import datetime
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host, server
from cumulo.compute import states

_FORMS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
Row = dict[str, Any]


def show_last(request: Request) -> Row:
    """Show the last whole month."""
    return {"instance_usage_audit_logs": _log(request, None)}


def show_before(request: Request) -> Row:
    """Show the last month that was over at a time."""
    return {"instance_usage_audit_log": _log(request, _time(request.params["before"]))}


def _time(text: str) -> datetime.datetime:
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    raise errors.BadRequest(f"Invalid timestamp for date {text[:64]}")


def _log(request: Request, before: datetime.datetime | None) -> Row:
    database = request.services.database
    with database.read() as connection:
        before = before or datetime.datetime.fromtimestamp(database.now(connection), datetime.UTC)
        begin, end = month_before(before)
        counts = _counts(connection, begin.timestamp(), end.timestamp())
    failed, ran = sum(broken for _, broken in counts.values()), sum(number for number, _ in counts.values())
    return {
        "hosts_not_run": [], "num_hosts": len(counts), "num_hosts_done": len(counts), "num_hosts_not_run": 0,
        "num_hosts_running": 0, "overall_status": f"ALL hosts done. {failed} errors.",
        "period_beginning": str(begin.replace(tzinfo=None)), "period_ending": str(end.replace(tzinfo=None)),
        "total_errors": failed, "total_instances": ran,
        "log": {host: {"state": "DONE", "instances": number, "errors": broken,
                       "message": f"Instance usage audit ran for host {host}, {number} instances."}
                for host, (number, broken) in counts.items()}}


def month_before(moment: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first moments of the month before this one, and of this one, in UTC."""
    end = datetime.datetime(moment.year, moment.month, 1, tzinfo=datetime.UTC)
    year, month = (end.year, end.month - 1) if end.month > 1 else (max(end.year - 1, 1), 12)
    return datetime.datetime(year, month, 1, tzinfo=datetime.UTC), end


def _counts(connection: sa.Connection, begin: float, end: float) -> dict[str, tuple[int, int]]:
    """Each host with how many of its servers ran between two times, and how many of those are in ERROR."""
    is_in_error = sa.func.coalesce(sa.func.sum(sa.case((server.c.status == states.ERROR, 1), else_=0)), 0)
    ran = sa.and_(server.c.host == compute_host.c.name, server.c.launched_at < end,
                  sa.or_(server.c.terminated_at.is_(None), server.c.terminated_at > begin))
    query = (sa.select(compute_host.c.name, sa.func.count(server.c.id), is_in_error).outerjoin(server, ran)
             .group_by(compute_host.c.name).order_by(compute_host.c.name))
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
