"""Reboots this host or shuts it down, where its configuration lets an administrator."""

from collections.abc import Callable

from cumulo.common import command, errors, log

LOG = log.get(__name__)
TIMEOUT_S = 10
_COMMANDS = {"reboot": ["systemctl", "--no-block", "reboot"], "shutdown": ["systemctl", "--no-block", "poweroff"]}
Run = Callable[[list[str]], object]


def act(action: str, *, is_allowed: bool, run: Run | None = None) -> str:
    """Begin it and return its name; raises Conflict where it is not allowed, BadRequest for what is no such action."""
    if action not in _COMMANDS:
        raise errors.BadRequest(f"There is no power action {action[:32]}.")
    if not is_allowed:
        raise errors.Conflict("The configuration of this host does not allow power actions ([compute_agent] host_power).")
    LOG.warning("host_power", action=action)
    (run or _run)(_COMMANDS[action])
    return action


def _run(arguments: list[str]) -> object:
    return command.run(arguments, timeout_s=TIMEOUT_S)
