"""What clients see of a server's state, derived from its row and the operation under way.

The row holds a settled status. task_state, and statuses as REBOOT that say what is being done, are not
stored: they follow from the step an unfinished operation stands at, so they can never be left over.
"""

from collections.abc import Mapping
from typing import Any

from cumulo.common.flows import step_under_cursor

BUILD, ACTIVE, SHUTOFF, ERROR, DELETED = "BUILD", "ACTIVE", "SHUTOFF", "ERROR", "DELETED"
PAUSED, SUSPENDED = "PAUSED", "SUSPENDED"
RESCUE, SOFT_DELETED = "RESCUE", "SOFT_DELETED"
SHELVED, SHELVED_OFFLOADED, VERIFY_RESIZE = "SHELVED", "SHELVED_OFFLOADED", "VERIFY_RESIZE"
RESIZE, REVERT_RESIZE, MIGRATING = "RESIZE", "REVERT_RESIZE", "MIGRATING"
REBOOT, HARD_REBOOT, REBUILD = "REBOOT", "HARD_REBOOT", "REBUILD"
PASSWORD = "PASSWORD"
PASSING = (REBOOT, HARD_REBOOT, REBUILD, RESIZE, REVERT_RESIZE, PASSWORD, MIGRATING)
"""What a server is shown as while something is done to it; never in a row."""
STORED = (BUILD, ACTIVE, SHUTOFF, PAUSED, SUSPENDED, RESCUE, SHELVED, SHELVED_OFFLOADED, VERIFY_RESIZE, SOFT_DELETED,
          ERROR, DELETED)
"""What a row may say."""
STATUSES = (*STORED, *PASSING)
ON_A_HOST = (ACTIVE, SHUTOFF, PAUSED, SUSPENDED, RESCUE, SHELVED, VERIFY_RESIZE, SOFT_DELETED)
"""Statuses of servers that are whole and on a host; one in ERROR may be on one or on none."""

POWER_UNKNOWN, POWER_RUNNING, POWER_PAUSED, POWER_SHUT_DOWN = 0, 1, 3, 4

SOFT, HARD = "SOFT", "HARD"

_VM_STATES = {BUILD: "building", ACTIVE: "active", SHUTOFF: "stopped", PAUSED: "paused", SUSPENDED: "suspended",
              SHELVED: "shelved", SHELVED_OFFLOADED: "shelved_offloaded", VERIFY_RESIZE: "resized",
              RESCUE: "rescued", SOFT_DELETED: "soft-delete", ERROR: "error", DELETED: "deleted"}
_BUILD_TASKS = {"claim": "scheduling", "plug_ports": "networking", "order_volumes": "block_device_mapping",
                "gather_volumes": "block_device_mapping", "export_volumes": "block_device_mapping", "boot": "spawning",
                "settle": "spawning"}
_FLOW_TASKS = {"delete_server": "deleting", "start_server": "powering-on", "stop_server": "powering-off",
               "pause_server": "pausing", "unpause_server": "unpausing", "suspend_server": "suspending",
               "resume_server": "resuming", "rescue_server": "rescuing", "unrescue_server": "unrescuing",
               "soft_delete_server": "soft-deleting", "restore_server": "restoring", "sync_power": "powering-off",
               "change_password": "updating_password",
               "attach_interface": "attaching", "detach_interface": "detaching",
               "attach_volume": "attaching", "detach_volume": "detaching", "drop_card": "detaching", "swap_volume": "updating", "move_volume": "updating",
               "delete_moved_server": "deleting", "offload_server": "shelving_offloading",
               "unshelve_server": "unshelving", "wake_server": "unshelving", "confirm_resize": "resize_confirming",
               "revert_resize": "resize_reverting", "live_migrate_server": "migrating", "land_server": "migrating"}
_STEP_TASKS = {
    "build_server": _BUILD_TASKS,
    "create_image": {"hold_image": "image_snapshot_pending", "snapshot": "image_snapshot",
                     "upload": "image_uploading", "rotate": "image_uploading"},
    "shelve_server": {"hold_image": "shelving", "power_down": "shelving", "snapshot": "shelving_image_pending_upload",
                      "upload": "shelving_image_uploading", "shelve": "shelving"},
    "resize_server": {"choose": "resize_prep", "power_down": "resize_prep"} | dict.fromkeys(
        ("keep_disk", "snapshot", "upload", "export_volumes"), "resize_migrating") | {
        "move": "resize_migrated", "follow_ports": "resize_finish", "arrive": "resize_finish", "moved": "resize_finish"},
    "evacuate_server": {"refuge": "rebuilding", "plug_ports": "rebuilding", "export_volumes": "rebuild_block_device_mapping", "boot": "rebuild_spawning",
                        "settle": "rebuild_spawning"},
    "rebuild_server": {"wipe": "rebuilding", "respawn": "rebuild_spawning", "settle": "rebuild_spawning"},
    "rebuild_volume_server": {"wipe": "rebuilding", "respawn": "rebuild_spawning", "settle": "rebuild_spawning"} | dict.fromkeys(
        ("order_image", "await_image", "export_volumes"), "rebuild_block_device_mapping"),
}
_PASSING = {"reboot_server": (ACTIVE, SHUTOFF, PAUSED, SUSPENDED, ERROR), "rebuild_server": (ACTIVE, SHUTOFF, ERROR),
            "rebuild_volume_server": (ACTIVE, SHUTOFF, ERROR),
            "resize_server": (ACTIVE, SHUTOFF), "revert_resize": (VERIFY_RESIZE,), "live_migrate_server": (ACTIVE, PAUSED),
            "land_server": (ACTIVE, PAUSED),
            "evacuate_server": (ACTIVE, SHUTOFF, ERROR), "change_password": (ACTIVE,)}
_SHOWN = {"rebuild_server": REBUILD, "rebuild_volume_server": REBUILD, "resize_server": RESIZE, "revert_resize": REVERT_RESIZE,
          "live_migrate_server": MIGRATING, "land_server": MIGRATING, "evacuate_server": REBUILD, "change_password": PASSWORD}
"""The flows that show a status of their own, and the rows' statuses that it covers."""
_REBOOT_TASKS = {SOFT: "rebooting", HARD: "rebooting_hard"}

Operation = Mapping[str, Any]


def task_state(flow: str, step: str, phase: str, *, reboot_type: str = SOFT, cancel: bool = False) -> str | None:
    """Return the task state of a server whose operation stands at this step; None when it is finished."""
    if phase in ("done", "undone"):
        return None
    if cancel:
        return "deleting"
    if flow in _STEP_TASKS:
        return _STEP_TASKS[flow][step]
    if flow == "reboot_server":
        return _REBOOT_TASKS[reboot_type]
    return _FLOW_TASKS.get(flow)


def task_of(operation: Operation | None) -> str | None:
    """Return the task state that a server's unfinished operation means; None without one."""
    if operation is None:
        return None
    step = step_under_cursor(operation["flow"], operation["cursor"])
    return task_state(operation["flow"], step, operation["phase"],
                      reboot_type=operation["state"].get("reboot_type", SOFT), cancel=operation["cancel"])


def status_of(status: str, operation: Operation | None) -> str:
    """Return the status clients see: the row's, or what an operation under way makes of it."""
    if operation is None or operation["cancel"] or status not in _PASSING.get(operation["flow"], ()):
        return status
    if operation["flow"] in _SHOWN:
        return _SHOWN[operation["flow"]]
    return HARD_REBOOT if operation["state"].get("reboot_type") == HARD else REBOOT


def passing_flows() -> tuple[str, ...]:
    """Return the flows during which a server is shown with another status than its row's."""
    return tuple(_PASSING)


def vm_state(status: str) -> str:
    """Return the API's vm_state of a row's status."""
    return _VM_STATES[status]
