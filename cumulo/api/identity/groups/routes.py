"""Routes of groups and of who is in them."""

from cumulo.api.identity.groups import handlers, schema
from cumulo.api.identity.users.handlers import QUERY as USER_QUERY
from cumulo.api.wsgi.route import Route
from cumulo.identity.groups import FILTERS

_MEMBER = "/v3/groups/{group_id}/users/{user_id}"

ROUTES = (
    Route("GET", "/v3/groups", handlers.index, policy="rule:any_token", query=FILTERS),
    Route("POST", "/v3/groups", handlers.create, policy="identity:create_group", status=201, body=schema.CREATE),
    Route("GET", "/v3/groups/{group_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/groups/{group_id}", handlers.update, policy="identity:update_group", body=schema.UPDATE),
    Route("DELETE", "/v3/groups/{group_id}", handlers.delete, policy="identity:delete_group", status=204),
    Route("GET", "/v3/groups/{group_id}/users", handlers.list_users, policy="rule:any_token", query=USER_QUERY),
    Route("PUT", _MEMBER, handlers.add_user, policy="identity:add_user_to_group", status=204),
    Route("HEAD", _MEMBER, handlers.check_user, policy="rule:any_token", status=204),
    Route("GET", _MEMBER, handlers.check_user, policy="rule:any_token", status=204),
    Route("DELETE", _MEMBER, handlers.remove_user, policy="identity:remove_user_from_group", status=204),
    Route("GET", "/v3/users/{user_id}/groups", handlers.list_of_user, policy="rule:any_token", query=FILTERS),
)
