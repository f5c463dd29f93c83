"""Routes, rules and bodies of metering labels and their rules."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.fields import BOOLEAN, ID, NAME, PROJECT, attributes
from cumulo.api.network.metering import handlers
from cumulo.api.network.resource import schema_create

_LABELS, _RULES = "/v2.0/metering/metering-labels", "/v2.0/metering/metering-label-rules"
_PREFIX = {"type": ["string", "null"], "minLength": 2, "maxLength": 64}
_LABEL = schema_create("metering_label", "metering_labels", attributes(
    {**PROJECT, "name": NAME, "description": NAME, "shared": BOOLEAN}))
_RULE = schema_create("metering_label_rule", "metering_label_rules", attributes(
    {**PROJECT, "metering_label_id": ID, "direction": {"enum": ["ingress", "egress"]}, "excluded": BOOLEAN,
     "remote_ip_prefix": _PREFIX, "source_ip_prefix": _PREFIX, "destination_ip_prefix": _PREFIX}, ("metering_label_id",)))

# What is counted is what somebody pays for: the administrator says it.
RULES = (
    *standard.rules("network:metering_labels", _LABELS, "metering_label_id", "metering labels", write="rule:admin_required",
                    changes=("create", "delete")),
    *standard.rules("network:metering_label_rules", _RULES, "metering_label_rule_id", "rules of metering labels",
                    write="rule:admin_required", changes=("create", "delete")))

ROUTES = (*lifecycle.routes(handlers.LABEL, handlers.LABELS, _LABELS, _LABEL),
          *lifecycle.routes(handlers.RULE, handlers.RULES, _RULES, _RULE))
