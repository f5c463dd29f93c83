"""Routes of a snapshot's metadata."""

from cumulo.api import metadata
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.snapshot_metadata.handlers import HANDLERS

ROUTES = metadata.routes("/snapshots/{snapshot_id}", HANDLERS, values=parts.VALUES, show="volume:snapshots:show",
                         change="volume:snapshots:update")
