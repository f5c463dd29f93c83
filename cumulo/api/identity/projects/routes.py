"""Routes of projects."""

from cumulo.api.identity.projects import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.projects import FILTERS

ROUTES = (
    Route("GET", "/v3/projects", handlers.index, policy="rule:any_token", query=(*FILTERS, "is_domain")),
    Route("POST", "/v3/projects", handlers.create, policy="identity:create_project", status=201, body=schema.CREATE),
    Route("GET", "/v3/projects/{project_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/projects/{project_id}", handlers.update, policy="identity:update_project",
          body=schema.UPDATE),
    Route("DELETE", "/v3/projects/{project_id}", handlers.delete, policy="identity:delete_project", status=204),
)
