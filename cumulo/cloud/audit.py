"""`cumulo audit`: what the scheduler's audits found, or an audit on the spot.

The embedded cloud is asked over its control socket, because nobody else can reach its agents. In the
distributed one the command reads the database itself, and with --now asks the agents itself.
"""

import json
from collections.abc import Mapping
from typing import Any

from cumulo.cloud import configuration, control, services
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal
from cumulo.cloud.state import State
from cumulo.common.audit import findings
from cumulo.common.db.engine import Database
from cumulo.common.runtime import Runtime
from cumulo.scheduler.audit.auditor import Auditor

NOW_TIMEOUT_S = 120
TRIES = 3  # a scheduler may take the turn in the middle of ours
Said = Mapping[str, Any]


def show(layout: Layout, state: State, *, now: bool, young: bool, as_json: bool) -> int:
    """Print the report; 1 when something has differed for a minute."""
    # One that is missing is no reason: what it holds is then not judged, and everything else is.
    if not services.is_any_running(layout, state):
        raise Refusal("the cloud is not running, so nobody can say what its hosts hold: run 'up' first")
    said = ask(layout, state, now=now)
    print(json.dumps(said, indent=2) if as_json else render(said, young=young))
    return 1 if said["differences"] else 0


def ask(layout: Layout, state: State, *, now: bool = False) -> Said:
    """Return the report as JSON, after an audit on the spot if asked for."""
    if not state.distributed:
        question = "audit-now" if now else "audit"
        return control.ask(layout.control_socket, question, NOW_TIMEOUT_S)  # type: ignore[no-any-return]
    runtime = Runtime.create(configuration.read(layout), identity="audit")
    database = Database(runtime.conf.database.url, runtime.clock)
    try:
        return report_now(runtime, database) if now else report(database)
    finally:
        runtime.bus.close()
        database.close()


def report(database: Database) -> dict[str, Any]:
    """Return what was found last."""
    with database.read() as connection:
        return findings.report(connection, database.now(connection)).to_dict()


def report_now(runtime: Runtime, database: Database) -> dict[str, Any]:
    """Audit, and return what was found."""
    auditor = Auditor(runtime, database)
    for _ in range(TRIES):
        if auditor.run_once(force=True):
            return report(database)
    raise Refusal("other audits keep overtaking this one: lengthen [audit] interval_s")


def render(said: Said, *, young: bool = False) -> str:
    """Return the report for a person, with what does not count yet if asked for."""
    shown = [*said["differences"], *(said["young"] if young else ())]
    lines = [line for each in shown for line in _difference(each)]
    count = len(said["differences"])
    lines.append(f"{count} difference{'' if count == 1 else 's'}; {len(said['young'])} younger than a minute; "
                 f"{_when(said)}")
    if said["unheard"]:
        silent = ", ".join(f"{each['target']} ({each['reason']})" for each in said["unheard"])
        lines.append(f"not judged, because not heard: {silent}")
    return "\n".join(lines)


def line(said: Said) -> str:
    """Return the report in one line, for `cumulo status`."""
    count = len(said["differences"])
    found = f"{count} difference{'' if count == 1 else 's'}, see 'cumulo audit'" if count else "nothing differs"
    silent = f", {len(said['unheard'])} not heard" if said["unheard"] else ""
    return f"audit: {found}{silent}; {_when(said)}"


def _difference(each: Said) -> list[str]:
    made = each["operation"]
    by = (f"made by {made['flow']} ({made['phase']} at {made['step']}, operation {made['id']}, request "
          f"{made['request_id']})" if made else "no operation is known")
    return [f"{each['kind']}  {each['host'] or '-'}  {each['one']} | {each['other']}",
            f"    seen for {each['age_s'] / 60:.1f} min; {by}"]


def _when(said: Said) -> str:
    if said["age_s"] is None:
        return "not audited yet"
    return f"audited {said['age_s']:.0f} s ago in {said['took_s']:.1f} s"
