"""Make an image of data that stays on a web server: read it there once, say what it is, say that the image is active.

    step       runs at           undone by
    hash       the image agent   nothing: it only reads
    locate     the scheduler     nothing: an image whose location comes to nothing is queued again when the flow ends

The state begins with image_id, host, method, stores (the one that reads the URL), name (what it is asked for), url (as
the client wrote it), metadata, validation (what the client says of the data), is_read (False where nobody looks at the
data), disk_format and container_format; hash adds size, virtual_size, checksum, os_hash_algo and os_hash_value.
"""

from cumulo.common.operations.step import Flow, Step, at_image, at_scheduler

FLOW = Flow(
    name="add_location",
    resource_type="image",
    steps=(Step("hash", at_image), Step("locate", at_scheduler)),
)
