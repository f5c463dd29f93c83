"""Import an image: bring its data to a host, make it what it shall be, put it into stores, say that it is active.

    step       runs at           undone by
    fetch      the image agent   removing what was downloaded or staged
    convert    the image agent   removing what was made of it
    store      the image agent   removing it from the stores
    publish    the scheduler     nothing: an image whose import ends undone is queued again when the flow ends

The state begins with image_id, host, method, staged (the data's name on that host), name (its name in the stores),
stores, all_must_succeed, room (the bytes that may be fetched, or null), disk_format and container_format; web-download
has uri; glance-download has remote_id, region and interface, the sealed token that it reads with, and the roles of who
asked.

fetch adds fetched (the bytes that it brought here); for glance-download it also says the formats and the properties that
come along, and the token is gone then, as it is when fetch is undone. convert adds ready (a name on the host), both
formats and virtual_size; store adds stored, failed, size, checksum and os_hash_value.

The deletion of the image cancels it. What is left on the host after the end nobody needs any more: its agent removes it.
"""

from cumulo.common.operations.step import Flow, Step, at_image, at_scheduler

FLOW = Flow(
    name="import_image",
    resource_type="image",
    steps=(Step("fetch", at_image), Step("convert", at_image), Step("store", at_image), Step("publish", at_scheduler)),
)
