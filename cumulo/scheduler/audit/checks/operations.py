"""Operations and the resources they hold: nothing may be under way that nobody drives, or for nobody."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.common.flows import FLOWS, step_under_cursor
from cumulo.common.operations.lease import NEGLECT_S
from cumulo.scheduler.audit.facts import DOING, Facts, Operation, Server

KINDS = {
    "operation_stuck": "An operation could not be undone or finished before its deadline and needs a person.",
    "operation_neglected": "An operation has been due for a minute, and nobody works at it.",
    "operation_sleeps_too_long": "An operation is due, or leased, further in the future than any pause or lease lasts.",
    "operation_holds_after_end": "An operation has ended and still holds its resource.",
    "operation_holds_nothing": "An operation is under way without holding its resource, or holds another one.",
    "operation_of_missing_resource": "An operation holds a resource that is not there.",
    "operation_of_deleted_server": "An operation holds a server that is deleted.",
    "operation_of_unknown_flow": "An operation's flow is not known to this version, so nobody runs it.",
    "server_waits_for_nobody": "A server is being built, but no operation builds it.",
}
IN_TRANSITION = ("BUILD", "REBOOT", "HARD_REBOOT")
LONGEST_SLEEP_S = 7200.0
"""Twice the longest lease that can be configured; pauses are a minute at most."""


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every unfinished operation, and every server that waits for one."""
    images = {each.id for each in facts.database.images}
    of_volumes = {"volume": {each.id for each in facts.database.volumes},
                  "snapshot": {each.id for each in facts.database.snapshots}}
    for operation in facts.database.operations:
        yield from _lifetime(operation, facts.database.now)
        yield from _lock(operation, facts.servers.get(operation.resource_id))
        # The deletion of an image cancels its import, which then outlives the image for a moment.
        if (operation.resource_type == "image" and operation.resource_id not in images and not operation.cancel
                and operation.phase in (*DOING, "stuck")):
            yield _differs("operation_of_missing_resource", operation, "no image row")
        there = of_volumes.get(operation.resource_type)
        if there is not None and operation.resource_id not in there and operation.phase in (*DOING, "stuck"):
            yield _differs("operation_of_missing_resource", operation, f"no {operation.resource_type} row")
    for server in facts.living:
        if server.status in IN_TRANSITION and server.id not in facts.active:
            yield Difference("server_waits_for_nobody", server.id, f"server {server.id} is {server.status}",
                             "no operation is under way", server_id=server.id)


def _lifetime(operation: Operation, now: float) -> Iterator[Difference]:
    under_way = operation.phase in DOING
    touched = max(operation.due, operation.leased_until, operation.updated_at)
    if operation.phase == "stuck":
        yield _differs("operation_stuck", operation, operation.error or "no error was noted")
    elif operation.flow not in FLOWS:
        yield _differs("operation_of_unknown_flow", operation, "no flow of that name")
    elif under_way and touched < now - NEGLECT_S:
        yield _differs("operation_neglected", operation, f"nobody has held it for {now - touched:.0f} s")
    elif under_way and max(operation.due, operation.leased_until) > now + LONGEST_SLEEP_S:
        yield _differs("operation_sleeps_too_long", operation, f"due at {operation.due:.0f}, leased until "
                       f"{operation.leased_until:.0f}, and it is {now:.0f}")


def _lock(operation: Operation, server: Server | None) -> Iterator[Difference]:
    if operation.phase in (*DOING, "stuck"):
        if operation.active_key != operation.resource_id:
            yield _differs("operation_holds_nothing", operation, f"it holds {operation.active_key or 'nothing'}")
        if operation.resource_type == "server" and server is None:
            yield _differs("operation_of_missing_resource", operation, "no server row")
        elif server is not None and server.deleted_at is not None:
            yield _differs("operation_of_deleted_server", operation, "the server is deleted")
    elif operation.active_key is not None:
        yield _differs("operation_holds_after_end", operation, f"it holds {operation.active_key}")


def _differs(kind: str, operation: Operation, other: str) -> Difference:
    # No server_id: that its operation is under way is what these are about, and excuses nothing.
    one = f"operation {operation.id} ({describe(operation)}) of {operation.resource_type} {operation.resource_id}"
    return Difference(kind, operation.resource_id, one, other, mark=operation.id)


def describe(operation: Operation) -> str:
    """Return flow, phase and step in words."""
    step = step_under_cursor(operation.flow, operation.cursor) if operation.flow in FLOWS else operation.cursor
    return f"{operation.flow}, {operation.phase}, step {step}"
