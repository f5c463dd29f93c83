"""Bodies of server actions: exactly one action, with what it takes.

An action has one schema for each microversion that changed it, oldest first; None takes it away.
"""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.servers import schema as servers
from cumulo.api.wsgi.route import parse_version

Json = dict[str, Any]
Steps = tuple[tuple[str, Json | None], ...]
FIRST = "2.1"
_NOTHING: Json = {}
_REBOOT = {"type": "object", "properties": {"type": {"enum": [
    "SOFT", "HARD", "Soft", "Hard", "soft", "hard"]}}, "required": ["type"], "additionalProperties": False}
_CONSOLE = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "length": {"anyOf": [parts.integer(-1), {"type": "null"}]}}}
_IMAGE_NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\p{Cc}]*\S[^\p{Cc}]*$"}
_CREATE_IMAGE: Json = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {
    "name": _IMAGE_NAME, "metadata": parts.METADATA}}
_CREATE_BACKUP: Json = {
    "type": "object", "required": ["name", "backup_type", "rotation"], "additionalProperties": False, "properties": {
        "name": _IMAGE_NAME, "backup_type": {"type": "string", "minLength": 1, "maxLength": 255},
        "rotation": parts.integer(0), "metadata": parts.METADATA}}
_RESCUE: Json = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "adminPass": {"type": "string", "maxLength": 255}, "rescue_image_ref": {"type": "string", "minLength": 1, "maxLength": 255}}}
_RESET_STATE: Json = {"type": "object", "required": ["state"], "additionalProperties": False, "properties": {
    "state": {"enum": ["active", "error"]}}}
_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 255}
_RESIZE: Json = {"type": "object", "required": ["flavorRef"], "additionalProperties": False, "properties": {
    "flavorRef": {"type": ["string", "integer"], "minLength": 1, "maxLength": 255},
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]}}}
_HOST: Json = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "host": {"anyOf": [_TEXT, {"type": "null"}]}}}
_ZONE: Json = {"type": ["object", "null"], "required": ["availability_zone"], "additionalProperties": False,
               "properties": {"availability_zone": _TEXT}}
_PLACE: Json = {"type": ["object", "null"], "minProperties": 1, "additionalProperties": False, "properties": {
    "availability_zone": {"anyOf": [_TEXT, {"type": "null"}]}, "host": _TEXT}}
_ADDRESS: Json = {"type": "string", "format": "ipv4"}
_ADD_FLOATING: Json = {"type": "object", "required": ["address"], "additionalProperties": False, "properties": {
    "address": _ADDRESS, "fixed_address": _ADDRESS}}
_REMOVE_ADDRESS: Json = {"type": "object", "required": ["address"], "additionalProperties": False, "properties": {
    "address": _ADDRESS}}
_ADD_FIXED: Json = {"type": "object", "required": ["networkId"], "additionalProperties": False, "properties": {
    "networkId": {"type": "string", "minLength": 1, "maxLength": 64}}}
_TARGET: Json = {"anyOf": [_TEXT, {"type": "null"}]}
_COPY: Json = {"anyOf": [parts.BOOLEAN, {"const": "auto"}]}


def _live(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "additionalProperties": False, "properties": properties}


_LIVE: Steps = (
    (FIRST, _live(("host", "block_migration", "disk_over_commit"), host=_TARGET, block_migration=parts.BOOLEAN,
                  disk_over_commit=parts.BOOLEAN)),
    ("2.25", _live(("host", "block_migration"), host=_TARGET, block_migration=_COPY)),
    ("2.30", _live(("host", "block_migration"), host=_TARGET, block_migration=_COPY, force=parts.BOOLEAN)),
    ("2.68", _live(("host", "block_migration"), host=_TARGET, block_migration=_COPY)))


def _console(*types: str) -> Steps:
    """A console by an action of its own, until /remote-consoles came."""
    return (FIRST, {"type": "object", "required": ["type"], "additionalProperties": False, "properties": {
        "type": {"enum": list(types)}}}), ("2.6", None)


_PASSWORD: Json = {"type": "string", "maxLength": 255}
_EVACUATE: Steps = (
    (FIRST, _live(("onSharedStorage",), host=_TEXT, onSharedStorage=parts.BOOLEAN, adminPass=_PASSWORD)),
    ("2.14", _live((), host=_TEXT, adminPass=_PASSWORD)),
    ("2.29", _live((), host=_TEXT, adminPass=_PASSWORD, force=parts.BOOLEAN)),
    ("2.68", _live((), host=_TEXT, adminPass=_PASSWORD)))
_CHANGED: dict[str, Steps] = {
    "os-getVNCConsole": _console("novnc", "xvpvnc"), "os-getSPICEConsole": _console("spice-html5"),
    "os-getRDPConsole": _console("rdp-html5"), "os-getSerialConsole": _console("serial"),
    "addFloatingIp": ((FIRST, _ADD_FLOATING), ("2.44", None)),
    "removeFloatingIp": ((FIRST, _REMOVE_ADDRESS), ("2.44", None)),
    "addFixedIp": ((FIRST, _ADD_FIXED), ("2.44", None)), "removeFixedIp": ((FIRST, _REMOVE_ADDRESS), ("2.44", None)),
    "trigger_crash_dump": (("2.17", {"type": "null"}),),
    "rebuild": servers.REBUILD, "migrate": ((FIRST, _NOTHING), ("2.56", _HOST)),
    "os-migrateLive": _LIVE, "evacuate": _EVACUATE,
    "unshelve": ((FIRST, _NOTHING), ("2.77", _ZONE), ("2.91", _PLACE))}
_CHANGE_PASSWORD: Json = {"type": "object", "required": ["adminPass"], "additionalProperties": False, "properties": {
    "adminPass": {"type": "string", "maxLength": 255}}}
_ALWAYS: dict[str, Json] = {
    "changePassword": _CHANGE_PASSWORD,
    "os-start": _NOTHING, "os-stop": _NOTHING, "pause": _NOTHING, "unpause": _NOTHING, "suspend": _NOTHING,
    "resume": _NOTHING, "reboot": _REBOOT, "lock": _NOTHING, "unlock": _NOTHING, "os-getConsoleOutput": _CONSOLE,
    "createImage": _CREATE_IMAGE, "createBackup": _CREATE_BACKUP, "rescue": _RESCUE, "unrescue": _NOTHING,
    "restore": _NOTHING, "forceDelete": _NOTHING, "os-resetState": _RESET_STATE,
    "resize": _RESIZE, "confirmResize": _NOTHING, "revertResize": _NOTHING, "shelve": _NOTHING, "shelveOffload": _NOTHING}


def _versions(actions: dict[str, Steps]) -> tuple[tuple[str, Json], ...]:
    """Return the schema of the whole body at each microversion that changed an action."""
    begins = sorted({since for steps in actions.values() for since, _ in steps}, key=parse_version)
    return tuple((begin, _whole({name: _at(steps, begin) for name, steps in actions.items()})) for begin in begins)


def _at(steps: Steps, version: str) -> Json | None:
    found: Json | None = None
    for since, schema in steps:
        if parse_version(since) <= parse_version(version):
            found = schema
    return found


def _whole(schemas: dict[str, Json | None]) -> Json:
    return {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
            "properties": {name: schema for name, schema in schemas.items() if schema is not None}}


_GROUP = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 255}}}
_LOCK = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}}}

ACTION = _versions({name: ((FIRST, schema),) for name, schema in _ALWAYS.items()} | _CHANGED | {
    "lock": ((FIRST, _NOTHING), ("2.73", _LOCK)), "addSecurityGroup": ((FIRST, _GROUP),),
    "removeSecurityGroup": ((FIRST, _GROUP),),
    "injectNetworkInfo": ((FIRST, _NOTHING),), "resetNetwork": ((FIRST, _NOTHING),)})
