"""Give a volume another type, and with it a backend that fits.

    step             runs at                        undone by
    choose_backend   the scheduler                  giving the room there back
    receive_volume   the volume agent of the target  removing the copy
    switch_volume    the scheduler                  nothing: it is the last step

Nothing uses the volume meanwhile. The state begins with volume_id, host, backend and size_gib; type_id is that of the new type. choose_backend
adds target (host@name) and target_host. What the volume leaves behind goes by clear_volume, which follows.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume_target

FLOW = Flow(
    name="retype_volume",
    resource_type="volume",
    steps=(Step("choose_backend", at_scheduler), Step("receive_volume", at_volume_target), Step("switch_volume", at_scheduler)),
)
