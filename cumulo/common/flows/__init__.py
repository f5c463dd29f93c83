"""One page per long operation, and the table of them all. A page names steps and places; it has no code."""

from cumulo.common.flows import (
    add_location,
    attach_interface,
    attach_volume,
    build_server,
    change_password,
    clear_leftover,
    clear_volume,
    confirm_resize,
    copy_image,
    create_backup,
    create_image,
    create_snapshot,
    create_volume,
    delete_backup,
    delete_moved_server,
    delete_server,
    delete_snapshot,
    delete_volume,
    detach_interface,
    detach_volume,
    drop_card,
    evacuate_server,
    extend_volume,
    import_backup,
    import_image,
    land_server,
    live_migrate_server,
    migrate_volume,
    offload_server,
    pause_server,
    reboot_server,
    rebuild_server,
    reimage_volume,
    rescue_server,
    resize_server,
    restore_backup,
    restore_server,
    resume_server,
    retype_volume,
    revert_resize,
    revert_volume,
    shelve_server,
    soft_delete_server,
    start_server,
    stop_server,
    suspend_server,
    sync_power,
    unpause_server,
    unrescue_server,
    unshelve_server,
    upload_volume,
    wake_server,
)
from cumulo.common.operations.step import Flow

_PAGES = (build_server, delete_server, start_server, stop_server, reboot_server, pause_server, unpause_server,
          suspend_server, resume_server, create_image, rebuild_server, rescue_server, unrescue_server,
          soft_delete_server, restore_server, sync_power, change_password, shelve_server, offload_server, unshelve_server, wake_server,
          resize_server, confirm_resize, revert_resize, delete_moved_server, live_migrate_server, land_server, evacuate_server, clear_leftover,
          attach_interface, detach_interface, drop_card,
          import_image, copy_image, add_location, create_volume, delete_volume, extend_volume,
          create_snapshot, delete_snapshot, attach_volume, detach_volume, upload_volume,
          revert_volume, reimage_volume, migrate_volume, retype_volume, clear_volume,
          create_backup, delete_backup, import_backup, restore_backup)

FLOWS: dict[str, Flow] = {page.FLOW.name: page.FLOW for page in _PAGES}


def step_under_cursor(flow: str, cursor: int) -> str:
    """The name of the step an operation stands at; the last one when it has gone past it."""
    steps = FLOWS[flow].steps
    return steps[max(0, min(cursor, len(steps) - 1))].name
