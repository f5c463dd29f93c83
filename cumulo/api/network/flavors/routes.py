"""Routes, rules and bodies of flavors."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.fields import BOOLEAN, ID, NAME, attributes
from cumulo.api.network.flavors import handlers
from cumulo.api.network.resource import schema_create, schema_update
from cumulo.api.wsgi.route import Route
from cumulo.network.flavors import ROUTERS

_ALL, _ONE = "/v2.0/flavors", "/v2.0/flavors/{network_flavor_id}"
_PROFILES = f"{_ONE}/service_profiles"
_PROFILE, _NEXT = f"{_PROFILES}/{{service_profile_id}}", f"{_ONE}/next_provider"
_CHANGEABLE = {"name": NAME, "description": NAME, "enabled": BOOLEAN}

RULES = standard.rules(
    "network:flavors", _ALL, "network_flavor_id", "network flavors",
    ("get:provider", "rule:admin_required", "See what a flavor stands for now", [{"method": "GET", "path": _NEXT}]),
    ("update:profiles", "rule:admin_required", "Say what a flavor stands for",
     [{"method": "POST", "path": _PROFILES}, {"method": "DELETE", "path": _PROFILE}]), write="rule:admin_required")
ROUTES = (
    *lifecycle.routes(
        handlers.KIND, handlers.CHANGES, _ALL, schema_create("flavor", "flavors", attributes(
            {**_CHANGEABLE, "service_type": {"enum": [ROUTERS]}}, ("service_type",))), schema_update("flavor", attributes(_CHANGEABLE))),
    Route("POST", _PROFILES, handlers.add_profile, policy="network:flavors:update:profiles", status=201,
          body=schema_update("service_profile", attributes({"id": ID}, ("id",)))),
    Route("DELETE", _PROFILE, handlers.remove_profile, policy="network:flavors:update:profiles", status=204),
    Route("GET", _NEXT, handlers.next_provider, policy="network:flavors:get:provider"),
)
