"""Routes of domains."""

from cumulo.api.identity.domains import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.domains import FILTERS

ROUTES = (
    Route("GET", "/v3/domains", handlers.index, policy="identity:list_domains", query=FILTERS),
    Route("POST", "/v3/domains", handlers.create, policy="identity:create_domain", status=201, body=schema.CREATE),
    Route("GET", "/v3/domains/{domain_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/domains/{domain_id}", handlers.update, policy="identity:update_domain", body=schema.UPDATE),
    Route("DELETE", "/v3/domains/{domain_id}", handlers.delete, policy="identity:delete_domain", status=204),
)
