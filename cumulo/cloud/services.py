"""The processes of a cloud: one in the embedded cloud, six in the distributed one.

They know everything from the configuration file, so a killed one is started again alone.
"""

import os
import pathlib
import sys

from cumulo.cloud import processes
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal
from cumulo.cloud.stages import say
from cumulo.cloud.state import State

EMBEDDED = "cumulo-embedded"
#: In the order of their start: whoever answers comes before whoever asks.
DISTRIBUTED = ("cumulo-scheduler", "cumulo-network", "cumulo-compute", "cumulo-image", "cumulo-volume", "cumulo-api")


def names(state: State) -> tuple[str, ...]:
    """Return the names of the processes, in the order of their start."""
    return DISTRIBUTED if state.distributed else (EMBEDDED,)


def start(layout: Layout, state: State) -> None:
    """Start the processes that are not running."""
    for name in names(state):
        if processes.running_pid(layout.pid_file(name)) is None:
            processes.start(_argv(layout, name), pid_file=layout.pid_file(name), log_file=layout.log_file(name),
                            cwd=layout.state_dir)


def stop(layout: Layout, state: State) -> None:
    """Stop the processes that are running, those that ask first."""
    for name in reversed(names(state)):
        if processes.stop(layout.pid_file(name)):
            say(f"{name} stopped")


def are_running(layout: Layout, state: State) -> bool:
    """Say whether every process is there."""
    return all(processes.running_pid(layout.pid_file(name)) for name in names(state))


def is_any_running(layout: Layout, state: State) -> bool:
    """Say whether at least one process is there."""
    return any(processes.running_pid(layout.pid_file(name)) for name in names(state))


def require_alive(layout: Layout, state: State) -> None:
    """Refuse when a process has ended, with the end of its log."""
    for name in names(state):
        if processes.running_pid(layout.pid_file(name)) is None:
            log_file = layout.log_file(name)
            raise Refusal(f"{name} has ended; the end of {log_file}:\n{processes.last_lines(log_file)}")


def _argv(layout: Layout, name: str) -> list[str]:
    program = pathlib.Path(sys.executable).parent / name
    if not os.access(program, os.X_OK):
        raise Refusal(f"{program} is missing; install the project again (remove .venv and run ./cloud)")
    argv = [sys.executable, str(program), "--config-file", str(layout.config_file)]
    return argv + ["--control-socket", str(layout.control_socket)] if name == EMBEDDED else argv
