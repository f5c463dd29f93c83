"""Routes of who follows which policy."""

from cumulo.api.identity.policy_associations import handlers
from cumulo.api.wsgi.route import Route

_POLICY = "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY"
_SUBJECTS = (
    ("endpoint", "/endpoints/{endpoint_id}"), ("service", "/services/{service_id}"),
    ("region_and_service", "/services/{service_id}/regions/{region_id}"))
_METHODS = (("PUT", "create", handlers.follow), ("GET", "check", handlers.check),
            ("DELETE", "delete", handlers.unfollow))

ROUTES = (
    Route("GET", "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy", handlers.of_endpoint,
          policy="identity:get_policy_for_endpoint"),
    Route("GET", f"{_POLICY}/endpoints", handlers.endpoints, policy="identity:list_endpoints_for_policy"),
    *(Route(method, _POLICY + path, handler, policy=f"identity:{verb}_policy_association_for_{subject}", status=204)
      for subject, path in _SUBJECTS for method, verb, handler in _METHODS),
)
