"""Routes of a server's metadata."""

from cumulo.api import metadata
from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.metadata.handlers import HANDLERS

ROUTES = metadata.routes("/servers/{server_id}", HANDLERS, values=parts.METADATA, show="compute:metadata:show",
                         change="compute:metadata:change", deleted=204)
