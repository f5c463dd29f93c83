"""`cumulo status`: the processes, then every service with the proof that it hears."""

import pathlib
from typing import Any

from cumulo.cloud import audit, configuration, control, health, processes, services
from cumulo.cloud.layout import Layout
from cumulo.cloud.state import State
from cumulo.common.db.engine import Database
from cumulo.common.runtime import Runtime


def show(layout: Layout, state: State) -> int:
    """Print the status; 0 when every process runs and every service hears."""
    print(f"cloud at {configuration.public_url(state)} in {layout.state_dir}")
    for name in services.names(state):
        print(f"  {name}: {_process(layout.pid_file(name))}")
    if not services.are_running(layout, state):
        return 1
    rows = _health(layout, state)
    print(health.render(rows))
    print(audit.line(audit.ask(layout, state)))
    return 0 if all(row["hears"] for row in rows) else 1


def _process(pid_file: pathlib.Path) -> str:
    pid = processes.running_pid(pid_file)
    return "not running" if pid is None else f"process {pid}, running for {round(processes.age_s(pid))} s"


def _health(layout: Layout, state: State) -> list[dict[str, Any]]:
    if not state.distributed:
        return control.ask(layout.control_socket, "health")  # type: ignore[no-any-return]
    runtime = Runtime.create(configuration.read(layout), identity="status")
    database = Database(runtime.conf.database.url, runtime.clock)
    try:
        return health.gather(runtime, database)
    finally:
        runtime.bus.close()
        database.close()
