"""Routes of users."""

from cumulo.api.identity.users import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.projects import FILTERS as PROJECT_FILTERS

ROUTES = (
    Route("GET", "/v3/users", handlers.index, policy="rule:any_token", query=handlers.QUERY),
    Route("POST", "/v3/users", handlers.create, policy="identity:create_user", status=201, body=schema.CREATE),
    Route("GET", "/v3/users/{user_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/users/{user_id}", handlers.update, policy="identity:update_user", body=schema.UPDATE),
    Route("DELETE", "/v3/users/{user_id}", handlers.delete, policy="identity:delete_user", status=204),
    Route("POST", "/v3/users/{user_id}/password", handlers.change_password, policy=None, status=204,
          body=schema.PASSWORD_CHANGE),
    Route("GET", "/v3/users/{user_id}/projects", handlers.list_projects, policy="rule:any_token",
          query=PROJECT_FILTERS),
)
