"""Routes, rules and bodies of service profiles."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.fields import BOOLEAN, NAME, attributes
from cumulo.api.network.resource import schema_create, schema_update
from cumulo.api.network.service_profiles import handlers
from cumulo.network.flavors import PROVIDERS

_ALL = "/v2.0/service_profiles"
_CHANGEABLE = {"description": NAME, "enabled": BOOLEAN, "driver": {"enum": list(PROVIDERS)},
               "metainfo": {"type": "string", "maxLength": 1024}}

RULES = standard.rules("network:service_profiles", _ALL, "service_profile_id", "service profiles", write="rule:admin_required")
ROUTES = lifecycle.routes(
    handlers.KIND, handlers.CHANGES, _ALL, schema_create("service_profile", "service_profiles", attributes(_CHANGEABLE, ("driver",))),
    schema_update("service_profile", attributes(_CHANGEABLE)))
