"""Give a volume up: its data stays on its backend, and is no volume any more.

    step             runs at
    release_volume   the volume agent
    forget_volume    the scheduler

The state begins with volume_id, host and backend. There is no way back: it goes forward only.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="unmanage_volume",
    resource_type="volume",
    steps=(Step("release_volume", at_volume), Step("forget_volume", at_scheduler)),
    forward_only=True,
)
