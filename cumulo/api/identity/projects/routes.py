"""Routes of projects, of their tags, and of whole trees."""

from cumulo.api.identity.projects import handlers, schema, tags
from cumulo.api.wsgi.route import Route

_ONE = "/v3/projects/{project_id}"

ROUTES = (
    Route("GET", "/v3/projects", handlers.index, policy="rule:any_token", query=handlers.QUERY),
    Route("POST", "/v3/projects", handlers.create, policy="identity:create_project", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="rule:any_token", query=handlers.TREE_QUERY),
    Route("PATCH", _ONE, handlers.update, policy="identity:update_project", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="identity:delete_project", status=204),
    Route("PATCH", f"{_ONE}/cascade", handlers.update_all, policy="identity:update_project_cascade",
          body=schema.CASCADE),
    Route("DELETE", f"{_ONE}/cascade", handlers.delete_all, policy="identity:delete_project_cascade", status=204),
    Route("GET", f"{_ONE}/tags", tags.index, policy="rule:any_token"),
    Route("PUT", f"{_ONE}/tags", tags.replace, policy="identity:update_project_tags", body=schema.TAGS),
    Route("DELETE", f"{_ONE}/tags", tags.delete_all, policy="identity:delete_project_tags", status=204),
    Route("GET", f"{_ONE}/tags/{{tag}}", tags.check, policy="rule:any_token", status=204),
    Route("PUT", f"{_ONE}/tags/{{tag}}", tags.add, policy="identity:create_project_tag", status=201),
    Route("DELETE", f"{_ONE}/tags/{{tag}}", tags.delete, policy="identity:delete_project_tag", status=204),
)
