"""Routes of members."""

from cumulo.api.image.members import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2/images/{image_id}/members"
_ONE = "/v2/images/{image_id}/members/{member_id}"
ROUTES = (
    Route("GET", _ALL, handlers.list_members, policy="image:members:show"),
    Route("POST", _ALL, handlers.create, policy="image:members:change", body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="image:members:show"),
    Route("PUT", _ONE, handlers.update, policy="image:members:change", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="image:members:change", status=204),
)
