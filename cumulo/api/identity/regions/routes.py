"""Routes of regions."""

from cumulo.api.identity.regions import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.catalog import FILTERS
from cumulo.identity.model import Region

ROUTES = (
    Route("GET", "/v3/regions", handlers.index, policy="identity:list_regions", query=FILTERS[Region]),
    Route("POST", "/v3/regions", handlers.create, policy="identity:create_region", status=201, body=schema.CREATE),
    Route("PUT", "/v3/regions/{region_id}", handlers.create_named, policy="identity:create_region", status=201,
          body=schema.CREATE),
    Route("GET", "/v3/regions/{region_id}", handlers.show, policy="identity:get_region"),
    Route("PATCH", "/v3/regions/{region_id}", handlers.update, policy="identity:update_region", body=schema.UPDATE),
    Route("DELETE", "/v3/regions/{region_id}", handlers.delete, policy="identity:delete_region", status=204),
)
