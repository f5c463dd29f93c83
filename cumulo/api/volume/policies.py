"""Rules of the block storage API. Whose volume it is, the handlers check on the volume itself."""

from typing import Any

from oslo_policy import policy

_READ, _CHANGE, _ADMIN = "rule:project_reader", "rule:project_member", "rule:admin_required"
_ANYBODY = "rule:any_token"


def _rule(name: str, check: str, description: str, *operations: tuple[str, str]) -> policy.DocumentedRuleDefault:
    named: list[dict[str, Any]] = [{"method": method, "path": f"/v3{path}"} for method, path in operations]
    return policy.DocumentedRuleDefault(f"volume:{name}", check, description, named)


_SNAPSHOT = "/snapshots/{snapshot_id}"
_VOLUME, _TYPE = "/volumes/{volume_id}", "/types/{type_id}"
_ACTION = f"{_VOLUME}/action"
_GROUP, _GROUP_SNAPSHOT = "/groups/{volume_group_id}", "/group_snapshots/{group_snapshot_id}"
_QOS = "/qos-specs/{qos_specs_id}"
_TRANSFERS = ("/os-volume-transfer", "/volume-transfers")

RULES = (
    _rule("volumes:create", _CHANGE, "Make volumes.", ("POST", "/volumes")),
    _rule("volumes:list", _READ, "List and count volumes.", ("GET", "/volumes"), ("GET", "/volumes/detail"),
          ("GET", "/volumes/summary")),
    _rule("volumes:list_all_projects", _ADMIN, "List the volumes of all projects.", ("GET", "/volumes/detail")),
    _rule("volumes:show", _READ, "Show a volume.", ("GET", _VOLUME)),
    _rule("volumes:show_host", _ADMIN, "See which backend a volume is on.", ("GET", _VOLUME)),
    _rule("volumes:update", _CHANGE, "Change a volume.", ("PUT", _VOLUME)),
    _rule("volumes:delete", _CHANGE, "Delete a volume.", ("DELETE", _VOLUME)),
    _rule("volumes:action", _CHANGE, "Extend a volume, and change what it says of itself.", ("POST", _ACTION)),
    _rule("volumes:attach", _CHANGE, "Say that something that is no server of this cloud uses a volume.",
          *(("POST", f"{_ACTION} (os-{name})") for name in (
              "reserve", "unreserve", "attach", "detach", "begin_detaching", "roll_detaching"))),
    _rule("volumes:force_detach", _ADMIN, "Say that nothing uses a volume.", ("POST", f"{_ACTION} (os-force_detach)")),
    _rule("volumes:force_delete", _ADMIN, "Delete a volume whatever its state is.", ("POST", f"{_ACTION} (os-force_delete)")),
    _rule("volumes:migrate", _ADMIN, "Move a volume to another backend.", ("POST", f"{_ACTION} (os-migrate_volume)")),
    _rule("volumes:reset_status", _ADMIN, "Write another status in a volume's row.",
          ("POST", f"{_ACTION} (os-reset_status)")),
    _rule("metadata:show", _READ, "Show a volume's metadata.", ("GET", f"{_VOLUME}/metadata"),
          ("GET", f"{_VOLUME}/metadata/{{key}}")),
    _rule("metadata:change", _CHANGE, "Change a volume's metadata.", ("PUT", f"{_VOLUME}/metadata"),
          ("DELETE", f"{_VOLUME}/metadata/{{key}}")),
    _rule("snapshots:create", _CHANGE, "Make snapshots.", ("POST", "/snapshots")),
    _rule("snapshots:list", _READ, "List snapshots.", ("GET", "/snapshots"), ("GET", "/snapshots/detail")),
    _rule("snapshots:list_all_projects", _ADMIN, "List the snapshots of all projects.", ("GET", "/snapshots/detail")),
    _rule("snapshots:show", _READ, "Show a snapshot and its metadata.", ("GET", _SNAPSHOT), ("GET", f"{_SNAPSHOT}/metadata"),
          ("GET", f"{_SNAPSHOT}/metadata/{{key}}")),
    _rule("snapshots:update", _CHANGE, "Change a snapshot and its metadata.", ("PUT", _SNAPSHOT),
          ("PUT", f"{_SNAPSHOT}/metadata")),
    _rule("snapshots:delete", _CHANGE, "Delete a snapshot.", ("DELETE", _SNAPSHOT)),
    _rule("snapshots:update_status", _CHANGE, "Tell how far a snapshot is that is made by somebody else.",
          ("POST", f"{_SNAPSHOT}/action")),
    _rule("snapshots:administer", _ADMIN, "Delete a snapshot whatever its state is, or write another one in its row.",
          ("POST", f"{_SNAPSHOT}/action (os-force_delete)"), ("POST", f"{_SNAPSHOT}/action (os-reset_status)")),
    _rule("attachments:create", _CHANGE, "Keep a volume for a use to come.", ("POST", "/attachments")),
    _rule("attachments:list", _READ, "List attachments.", ("GET", "/attachments"), ("GET", "/attachments/detail")),
    _rule("attachments:list_all_projects", _ADMIN, "List the attachments of all projects.", ("GET", "/attachments/detail")),
    _rule("attachments:show", _READ, "Show an attachment.", ("GET", "/attachments/{attachment_id}")),
    _rule("attachments:update", _CHANGE, "Say where somebody is who kept a volume.", ("PUT", "/attachments/{attachment_id}")),
    _rule("attachments:complete", _CHANGE, "Say that somebody has the volume that they kept.",
          ("POST", "/attachments/{attachment_id}/action")),
    _rule("attachments:delete", _CHANGE, "Give up a volume that was kept.", ("DELETE", "/attachments/{attachment_id}")),
    _rule("transfers:create", _CHANGE, "Offer a volume to another project.", *(("POST", each) for each in _TRANSFERS)),
    _rule("transfers:list", _READ, "List transfers.", *(("GET", each) for each in _TRANSFERS),
          *(("GET", f"{each}/detail") for each in _TRANSFERS)),
    _rule("transfers:list_all_projects", _ADMIN, "List the transfers of all projects.",
          *(("GET", f"{each}/detail") for each in _TRANSFERS)),
    _rule("transfers:show", _READ, "Show a transfer.", *(("GET", f"{each}/{{transfer_id}}") for each in _TRANSFERS)),
    _rule("transfers:accept", _CHANGE, "Take a volume that another project offers.",
          *(("POST", f"{each}/{{transfer_id}}/accept") for each in _TRANSFERS)),
    _rule("transfers:delete", _CHANGE, "Take an offer back.", *(("DELETE", f"{each}/{{transfer_id}}") for each in _TRANSFERS)),
    _rule("types:list", _ANYBODY, "List and show types.", ("GET", "/types")),
    _rule("types:extra_specs", _ADMIN, "Read the extra specs of types.", ("GET", f"{_TYPE}/extra_specs")),
    _rule("types:manage", _ADMIN, "Make, change and delete types, and say who may use them.", ("POST", "/types")),
    _rule("types:encryption", _ADMIN, "Say how volumes of a type are encrypted, and read it.",
          ("GET", f"{_TYPE}/encryption"), ("POST", f"{_TYPE}/encryption")),
    _rule("group_types:list", _ANYBODY, "List and show group types.", ("GET", "/group_types")),
    _rule("group_types:manage", _ADMIN, "Make, change and delete group types.", ("POST", "/group_types")),
    _rule("groups:create", _CHANGE, "Make groups of volumes.", ("POST", "/groups"), ("POST", "/groups/action")),
    _rule("groups:list", _READ, "List groups.", ("GET", "/groups"), ("GET", "/groups/detail")),
    _rule("groups:list_all_projects", _ADMIN, "List the groups of all projects.", ("GET", "/groups/detail")),
    _rule("groups:show", _READ, "Show a group.", ("GET", _GROUP)),
    _rule("groups:update", _CHANGE, "Change a group, and which volumes are in it.", ("PUT", _GROUP)),
    _rule("groups:delete", _CHANGE, "Delete a group.", ("POST", f"{_GROUP}/action")),
    _rule("groups:reset_status", _ADMIN, "Write another status in a group's row.", ("POST", f"{_GROUP}/action (reset_status)")),
    _rule("group_snapshots:create", _CHANGE, "Make snapshots of groups.", ("POST", "/group_snapshots")),
    _rule("group_snapshots:list", _READ, "List snapshots of groups.", ("GET", "/group_snapshots"), ("GET", "/group_snapshots/detail")),
    _rule("group_snapshots:list_all_projects", _ADMIN, "List the snapshots of groups of all projects.",
          ("GET", "/group_snapshots/detail")),
    _rule("group_snapshots:show", _READ, "Show a snapshot of a group.", ("GET", _GROUP_SNAPSHOT)),
    _rule("group_snapshots:delete", _CHANGE, "Delete a snapshot of a group.", ("DELETE", _GROUP_SNAPSHOT)),
    _rule("group_snapshots:reset_status", _ADMIN, "Write another status in the row of a group's snapshot.",
          ("POST", f"{_GROUP_SNAPSHOT}/action")),
    _rule("qos_specs:read", _ADMIN, "List and show QoS specs.", ("GET", "/qos-specs"), ("GET", _QOS),
          ("GET", f"{_QOS}/associations")),
    _rule("qos_specs:manage", _ADMIN, "Make, change and delete QoS specs, and give them to types.", ("POST", "/qos-specs"),
          ("GET", f"{_QOS}/associate"), ("GET", f"{_QOS}/disassociate"), ("GET", f"{_QOS}/disassociate_all")),
    _rule("default_types:manage", _ADMIN, "Say which type a project's volumes have for which nobody names one.",
          ("GET", "/default-types"), ("PUT", "/default-types/{project_id}")),
    _rule("messages:list", _READ, "List messages.", ("GET", "/messages")),
    _rule("messages:list_all_projects", _ADMIN, "List the messages of all projects.", ("GET", "/messages")),
    _rule("messages:show", _READ, "Show a message.", ("GET", "/messages/{message_id}")),
    _rule("messages:delete", _CHANGE, "Delete a message.", ("DELETE", "/messages/{message_id}")),
    _rule("resource_filters:list", _ANYBODY, "List what lists can be filtered by.", ("GET", "/resource_filters")),
    _rule("clusters:list", _ADMIN, "List and show clusters.", ("GET", "/clusters")),
    _rule("quota_sets:show", _READ, "Show a project's quotas.", ("GET", "/os-quota-sets/{project_id}")),
    _rule("quota_sets:defaults", _ANYBODY, "Show the default quotas.", ("GET", "/os-quota-sets/{project_id}/defaults")),
    _rule("quota_sets:manage", _ADMIN, "Change a project's quotas, or give it the default ones again.",
          ("PUT", "/os-quota-sets/{project_id}"), ("DELETE", "/os-quota-sets/{project_id}")),
    _rule("quota_classes:manage", _ADMIN, "Show and change the default quotas.", ("GET", "/os-quota-class-sets/{class_id}")),
    _rule("limits:show", _ANYBODY, "Show the limits of the caller's project.", ("GET", "/limits")),
    _rule("limits:other_project", _ADMIN, "Show the limits of another project.", ("GET", "/limits")),
    _rule("availability_zones:list", _ANYBODY, "List availability zones.", ("GET", "/os-availability-zone")),
    _rule("services:manage", _ADMIN, "List services, enable, disable and freeze them.", ("GET", "/os-services")),
    _rule("hosts:show", _ADMIN, "List hosts and what is on them.", ("GET", "/os-hosts"), ("GET", "/os-hosts/{host_name}")),
    _rule("scheduler_stats:list", _ADMIN, "List what backends have.", ("GET", "/scheduler-stats/get_pools")),
    _rule("capabilities:show", _ADMIN, "Show what a backend can do.", ("GET", "/capabilities/{host_name}")),
    _rule("extensions:list", _ANYBODY, "List extensions.", ("GET", "/extensions")),
)
