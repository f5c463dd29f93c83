"""Bodies of quotas."""

from cumulo.api.network.fields import attributes
from cumulo.api.network.resource import schema_update
from cumulo.network.quotas import TABLES

_MOST = {"type": ["integer", "string"], "minimum": -1, "maximum": 2**31 - 1, "pattern": "^-?[0-9]{1,9}$"}
UPDATE = schema_update("quota", attributes({name: _MOST for name in TABLES}))
