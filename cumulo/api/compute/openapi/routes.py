"""Routes of the OpenAPI document."""

from cumulo.api.compute.openapi import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/cumulo/openapi", handlers.show, policy="rule:any_token"),)
