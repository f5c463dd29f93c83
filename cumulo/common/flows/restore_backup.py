"""Overwrite a volume with a backup.

    step            runs at           undone by
    write_volume    the volume agent  removing what is half written: the volume is as it was until all of it is there
    settle_restore  the scheduler     nothing: it is the last step

The state begins with volume_id, host, backend, size_gib, source (kind backup, id: the location of its data) and said (what
the volume that was backed up said of itself).
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="restore_backup",
    resource_type="volume",
    steps=(Step("write_volume", at_volume), Step("settle_restore", at_scheduler)),
)
