"""Copy the data of an active image to further stores.

    step       runs at           undone by
    store      the image agent   removing it from the stores
    publish    the scheduler     nothing: an image whose copy ends undone has the data that it had

The state begins with image_id, host, method, source (where its data is: a list of store and name), name (what the
copies will be called), stores, all_must_succeed, size and os_hash_value; store adds stored and failed.
"""

from cumulo.common.operations.step import Flow, Step, at_image, at_scheduler

FLOW = Flow(
    name="copy_image",
    resource_type="image",
    steps=(Step("store", at_image), Step("publish", at_scheduler)),
)
