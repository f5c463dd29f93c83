"""Routes of OAuth 1.0a."""

from cumulo.api.identity.oauth import handlers, schema
from cumulo.api.wsgi.route import Route

_CONSUMERS = "/v3/OS-OAUTH1/consumers"
_CONSUMER = _CONSUMERS + "/{consumer_id}"
_OWN = "/v3/users/{user_id}/OS-OAUTH1/access_tokens"
_ONE = _OWN + "/{access_token_id}"

ROUTES = (
    Route("GET", _CONSUMERS, handlers.index, policy="identity:list_consumers"),
    Route("POST", _CONSUMERS, handlers.create, policy="identity:create_consumer", status=201, body=schema.CREATE),
    Route("GET", _CONSUMER, handlers.show, policy="identity:get_consumer"),
    Route("PATCH", _CONSUMER, handlers.update, policy="identity:update_consumer", body=schema.UPDATE),
    Route("DELETE", _CONSUMER, handlers.delete, policy="identity:delete_consumer", status=204),
    # Who asks is told by the signature.
    Route("POST", "/v3/OS-OAUTH1/request_token", handlers.request_token, policy=None, status=201),
    Route("POST", "/v3/OS-OAUTH1/access_token", handlers.access_token, policy=None, status=201),
    Route("PUT", "/v3/OS-OAUTH1/authorize/{request_token_id}", handlers.authorize,
          policy="identity:authorize_request_token", body=schema.AGREE),
    # Whose they are is in the path: policy is asked about that user.
    Route("GET", _OWN, handlers.own_index, policy="rule:any_token"),
    Route("GET", _ONE, handlers.own_show, policy="rule:any_token"),
    Route("GET", f"{_ONE}/roles", handlers.own_roles, policy="rule:any_token"),
    Route("GET", _ONE + "/roles/{role_id}", handlers.own_role, policy="rule:any_token"),
    Route("DELETE", _ONE, handlers.own_delete, policy="rule:any_token", status=204),
)
