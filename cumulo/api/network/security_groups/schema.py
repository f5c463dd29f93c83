"""Bodies of the security groups resource."""

from cumulo.api.network.fields import BOOLEAN, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_CHANGEABLE = {"name": NAME, "description": NAME, "stateful": BOOLEAN}
CREATE = schema_create("security_group", "security_groups", attributes({**_CHANGEABLE, **PROJECT}))
UPDATE = schema_update("security_group", attributes(_CHANGEABLE))
