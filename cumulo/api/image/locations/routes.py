"""Routes of locations."""

from cumulo.api.image.locations import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/images/{image_id}/locations", handlers.list_locations, policy="image:locations:show"),
    Route("POST", "/v2/images/{image_id}/locations", handlers.add, policy="image:locations:add", status=202, body=schema.ADD),
)
