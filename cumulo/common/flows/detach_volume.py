"""Take a volume from a server, out of the guest first where it runs.

    step               runs at            undone by
    leave_attachment   the scheduler      saying that the server keeps the volume
    unplug_disk        the compute agent  putting the disk back; it fails where the guest does not let go of it
    withdraw_volume    the volume agent   making it reachable again
    part_volume        the scheduler      nothing: it is the last step

The state begins with server_id, host, volume_id, attachment_id, device, read_only, connection, volume_host and backend.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler, at_volume_of

FLOW = Flow(
    name="detach_volume",
    resource_type="server",
    steps=(
        Step("leave_attachment", at_scheduler),
        Step("unplug_disk", at_compute),
        Step("withdraw_volume", at_volume_of),
        Step("part_volume", at_scheduler),
    ),
)
