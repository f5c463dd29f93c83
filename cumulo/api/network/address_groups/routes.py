"""Routes and rules of the address groups resource."""

from oslo_policy import policy

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.address_groups import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/address-groups"
_ONE = "/v2.0/address-groups/{address_group_id}"
_ADD, _REMOVE = f"{_ONE}/add_addresses", f"{_ONE}/remove_addresses"

RULES = (*standard.rules("network:address_groups", _ALL, "address_group_id", "address groups"),
         policy.DocumentedRuleDefault(
             "network:address_groups:update:addresses", "rule:project_member", "Change the addresses of address groups",
             [{"method": "PUT", "path": _ADD}, {"method": "PUT", "path": _REMOVE}]))

ROUTES = (
    *lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE),
    Route("PUT", _ADD, handlers.add_addresses, policy="network:address_groups:update:addresses", body=schema.MOVE),
    Route("PUT", _REMOVE, handlers.remove_addresses, policy="network:address_groups:update:addresses",
          body=schema.MOVE),
)
