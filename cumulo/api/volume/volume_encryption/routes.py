"""Routes of the encryption of volumes."""

from cumulo.api.volume.volume_encryption import handlers
from cumulo.api.wsgi.route import Route

_ALL = "/volumes/{volume_id}/encryption"

ROUTES = (
    Route("GET", _ALL, handlers.show, policy=handlers.RULE),
    Route("GET", f"{_ALL}/{{key}}", handlers.show_field, policy=handlers.RULE),
)
