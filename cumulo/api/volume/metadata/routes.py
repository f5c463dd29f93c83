"""Routes of a volume's metadata."""

from cumulo.api import metadata
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.metadata.handlers import HANDLERS

ROUTES = metadata.routes("/volumes/{volume_id}", HANDLERS, values=parts.VALUES, show="volume:metadata:show",
                         change="volume:metadata:change")
