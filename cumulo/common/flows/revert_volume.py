"""Give a volume what its newest snapshot holds.

    step           runs at           undone by
    revert_volume  the volume agent  removing what is half made: the volume holds what it did or what the snapshot does, never some of each

The state begins with volume_id, host, backend, size_gib and snapshot_id.
"""

from cumulo.common.operations.step import Flow, Step, at_volume

FLOW = Flow(name="revert_volume", resource_type="volume", steps=(Step("revert_volume", at_volume),))
