"""Give a server a volume, while it runs or is off.

    step               runs at            undone by
    hold_attachment    the scheduler      forgetting the attachment: the volume is as it was
    export_volume      the volume agent   making it unreachable
    plug_disk          the compute agent  taking the disk out of the guest
    settle_attachment  the scheduler      nothing: it is the last step

The state begins with server_id, host, volume_id, attachment_id, device, read_only, volume_host and backend, and limits where
the volume has some; export_volume
adds connection, which says how the guest's host opens the volume.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler, at_volume_of

FLOW = Flow(
    name="attach_volume",
    resource_type="server",
    steps=(
        Step("hold_attachment", at_scheduler),
        Step("export_volume", at_volume_of),
        Step("plug_disk", at_compute),
        Step("settle_attachment", at_scheduler),
    ),
)
