"""Routes, rules and bodies of the address scopes resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.address_scopes import handlers
from cumulo.api.network.fields import BOOLEAN, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_ALL = "/v2.0/address-scopes"
_ONE = "/v2.0/address-scopes/{address_scope_id}"
_CHANGEABLE = {"name": NAME, "shared": BOOLEAN}
# Some clients send the number as text.
_CREATE = schema_create("address_scope", "address_scopes", attributes(
    {**_CHANGEABLE, **PROJECT, "ip_version": {"enum": [4, 6, "4", "6"]}}, ("name", "ip_version")))
_UPDATE = schema_update("address_scope", attributes(_CHANGEABLE))

RULES = standard.rules(
    "network:address_scopes", _ALL, "address_scope_id", "address scopes",
    ("set:shared", "rule:admin_required", "Share address scopes with every project",
     [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, _CREATE, _UPDATE)
