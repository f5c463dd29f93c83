"""Routes of availability zones."""

from cumulo.api.compute.availability_zones import handlers
from cumulo.api.wsgi.route import Route

_PATH = "/os-availability-zone"

ROUTES = (
    Route("GET", _PATH, handlers.list_zones, policy="compute:availability_zones:list"),
    Route("GET", f"{_PATH}/detail", handlers.list_detail, policy="compute:availability_zones:detail"),
)
