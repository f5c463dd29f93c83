"""Bodies that create and change limits."""

from cumulo.api.identity import fields
from cumulo.api.identity.registered_limits.schema import NUMBER, REGION, RESOURCE

_CHANGEABLE: fields.Schema = {"resource_limit": NUMBER, "description": fields.DESCRIPTION}

CREATE = fields.list_envelope(
    "limits", _CHANGEABLE | {"service_id": fields.ID, "region_id": REGION, "resource_name": RESOURCE,
                             "project_id": fields.OPTIONAL_ID, "domain_id": fields.OPTIONAL_ID},
    required=("service_id", "resource_name", "resource_limit"))
UPDATE = fields.envelope("limit", _CHANGEABLE, at_least_one=True)
