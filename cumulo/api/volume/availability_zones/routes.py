"""Routes of availability zones."""

from cumulo.api.volume.availability_zones import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/os-availability-zone", handlers.list_zones, policy="volume:availability_zones:list"),)
