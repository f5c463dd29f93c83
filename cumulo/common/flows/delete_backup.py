"""Delete a backup: its data from the target, then its row.

    step            runs at
    let_go_backup   the scheduler     decides whether the data goes too: not while another row names it
    drop_backup     the volume agent  skipped where no data goes
    forget_backup   the scheduler

There is no way back from a deletion, so nothing is undone: a step that fails is tried again until the deadline. The state
begins with backup_id, host (one that can reach the data) and location, which let_go_backup may take away.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume_with_backup

FLOW = Flow(
    name="delete_backup",
    resource_type="backup",
    steps=(Step("let_go_backup", at_scheduler), Step("drop_backup", at_volume_with_backup), Step("forget_backup", at_scheduler)),
    forward_only=True,
)
