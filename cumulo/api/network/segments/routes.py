"""Routes, rules and bodies of segments."""

from oslo_policy import policy

from cumulo.api.network import lifecycle
from cumulo.api.network.fields import ID, attributes
from cumulo.api.network.resource import schema_create, schema_update
from cumulo.api.network.segments import handlers

_ALL = "/v2.0/segments"
_ONE = "/v2.0/segments/{segment_id}"
_TEXT = {"type": ["string", "null"], "maxLength": 255}
_CHANGEABLE = {"name": _TEXT, "description": _TEXT}
_CREATE = attributes({
    **_CHANGEABLE, "network_id": ID, "network_type": {"enum": ["flat", "gre", "local", "vlan", "vxlan"]},
    "physical_network": {"type": ["string", "null"], "maxLength": 64},
    "segmentation_id": {"type": ["integer", "string", "null"], "minimum": 1, "maximum": 2**24 - 1, "pattern": "^[0-9]{1,8}$"},
}, ("network_id", "network_type"))
_READS = [{"method": "GET", "path": _ALL}, {"method": "GET", "path": _ONE}]

RULES = tuple(policy.DocumentedRuleDefault(f"network:segments:{name}", check, description, operations)
              for name, check, description, operations in (
    ("get", "rule:admin_required or rule:system_reader", "List and show where networks lie", _READS),
    ("get:all", "rule:admin_required or rule:system_reader", "See the segments of every project's networks", _READS),
    ("create", "rule:admin_required", "Let a network lie on one physical network more", [{"method": "POST", "path": _ALL}]),
    ("update", "rule:admin_required", "Name a segment", [{"method": "PUT", "path": _ONE}]),
    ("delete", "rule:admin_required", "Take a segment from its network", [{"method": "DELETE", "path": _ONE}]),
))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema_create("segment", "segments", _CREATE),
                          schema_update("segment", attributes(_CHANGEABLE)))
