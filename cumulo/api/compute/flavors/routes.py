"""Routes of flavors."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.flavors import handlers
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Route

_ID = {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 255,
                  "pattern": r"^[a-zA-Z0-9._\-]([a-zA-Z0-9._\- ]*[a-zA-Z0-9._\-])?$"},
                 {"type": "integer", "minimum": 0, "maximum": 0x7FFFFFFF}, {"type": "null"}]}
_FLAVOR: dict[str, Any] = {
    "name": parts.NAME, "id": _ID, "flavorid": _ID, "ram": parts.integer(1), "vcpus": parts.integer(1),
    "disk": parts.integer(0), "OS-FLV-EXT-DATA:ephemeral": parts.integer(0), "swap": parts.integer(0),
    "rxtx_factor": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,9})?$"}]},
    "os-flavor-access:is_public": parts.BOOLEAN}
_REQUIRED = ("name", "ram", "vcpus", "disk")
_DESCRIPTION = {"description": {"type": ["string", "null"], "maxLength": 65535, "pattern": r"^[^\p{Cc}]*$"}}
_CREATE = (("2.1", parts.wrapped("flavor", _FLAVOR, required=_REQUIRED)),
           ("2.55", parts.wrapped("flavor", _FLAVOR | _DESCRIPTION, required=_REQUIRED)))
_UPDATE = parts.wrapped("flavor", _DESCRIPTION, required=("description",))

_SPEC = {"type": "object", "additionalProperties": False, "minProperties": 1, "patternProperties": {
    r"^[a-zA-Z0-9\-_:. ]{1,255}$": {"type": "string", "maxLength": 255}}}
_SPECS = {"type": "object", "properties": {"extra_specs": _SPEC}, "required": ["extra_specs"],
          "additionalProperties": False}
_TENANT = {"type": "object", "properties": {"tenant": {"type": "string", "minLength": 1, "maxLength": 64}},
           "required": ["tenant"], "additionalProperties": False}
_ACCESS = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
           "properties": {"addTenantAccess": _TENANT, "removeTenantAccess": _TENANT}}
_LIST, _MANAGE, _ONE = "compute:flavors:list", handlers.MANAGE, "/flavors/{flavor_id}"
_SPEC_PATH, _READ_SPECS = f"{_ONE}/os-extra_specs", "compute:flavors:extra_specs"
_QUERY = (*paging.QUERY, "minRam", "minDisk", "is_public", "name")

ROUTES = (
    Route("GET", "/flavors", handlers.list_brief, policy=_LIST, query=_QUERY),
    Route("GET", "/flavors/detail", handlers.list_full, policy=_LIST, query=_QUERY),
    Route("POST", "/flavors", handlers.create, policy=_MANAGE, body=_CREATE),
    Route("GET", _ONE, handlers.show, policy=_LIST),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE, since="2.55", body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE, status=202),
    Route("GET", _SPEC_PATH, handlers.list_specs, policy=_READ_SPECS),
    Route("POST", _SPEC_PATH, handlers.add_specs, policy=_MANAGE, body=_SPECS),
    Route("GET", f"{_SPEC_PATH}/{{key}}", handlers.show_spec, policy=_READ_SPECS),
    Route("PUT", f"{_SPEC_PATH}/{{key}}", handlers.set_spec, policy=_MANAGE, body=_SPEC | {"maxProperties": 1}),
    Route("DELETE", f"{_SPEC_PATH}/{{key}}", handlers.delete_spec, policy=_MANAGE),
    Route("GET", f"{_ONE}/os-flavor-access", handlers.list_access, policy=_MANAGE),
    Route("POST", f"{_ONE}/action", handlers.change_access, policy=_MANAGE, body=_ACCESS),
)
