"""Rules of the compute API. Whose server it is, the handlers check on the server itself."""

from typing import Any

from oslo_policy import policy

_READ, _CHANGE, _ADMIN = "rule:project_reader", "rule:project_member", "rule:admin_required"


def _rule(name: str, check: str, description: str, *operations: tuple[str, str]) -> policy.DocumentedRuleDefault:
    named: list[dict[str, Any]] = [{"method": method, "path": path} for method, path in operations]
    return policy.DocumentedRuleDefault(f"compute:{name}", check, description, named)


_ACTION = ("POST", "/servers/{server_id}/action")


def _only(action: str) -> tuple[str, str]:
    """Name one action of those that share a path."""
    return "POST", f"{_ACTION[1]} ({action})"


RULES = (
    _rule("servers:create", _CHANGE, "Create servers.", ("POST", "/servers")),
    _rule("servers:create_on_host", _ADMIN, "Choose the host of a server by its zone (zone:host).", ("POST", "/servers")),
    _rule("servers:list", _READ, "List servers.", ("GET", "/servers"), ("GET", "/servers/detail")),
    _rule("servers:list_all_projects", _ADMIN, "List the servers of all projects, and by admin's filters.",
          ("GET", "/servers"), ("GET", "/servers/detail")),
    _rule("servers:show", _READ, "Show a server.", ("GET", "/servers/{server_id}")),
    _rule("servers:show_host", _ADMIN, "See on which host a server is, and its user data.",
          ("GET", "/servers/{server_id}"), ("GET", "/servers/detail")),
    _rule("servers:update", _CHANGE, "Change a server.", ("PUT", "/servers/{server_id}")),
    _rule("servers:delete", _CHANGE, "Delete a server.", ("DELETE", "/servers/{server_id}")),
    _rule("servers:action", _CHANGE, "Start, stop, reboot, lock or unlock a server.", _ACTION),
    _rule("servers:migrate", _ADMIN, "Move a server to another host.", _only("migrate")),
    _rule("servers:migrate_live", _ADMIN, "Move a running server to another host.", _only("os-migrateLive")),
    _rule("servers:evacuate", _ADMIN, "Bring a server of a host that is down to another one.", _only("evacuate")),
    _rule("migrations:list", _ADMIN, "List moves of servers between hosts.", ("GET", "/os-migrations")),
    _rule("server_migrations:manage", _ADMIN, "See, stop and hurry the moves of a running server.",
          ("GET", "/servers/{server_id}/migrations"), ("GET", "/servers/{server_id}/migrations/{migration_id}"),
          ("DELETE", "/servers/{server_id}/migrations/{migration_id}"),
          ("POST", "/servers/{server_id}/migrations/{migration_id}/action")),
    _rule("servers:shelve_offload", _ADMIN, "Take a shelved server off its host.", _only("shelveOffload")),
    _rule("servers:reset_state", _ADMIN, "Write another status in a server's row.", _only("os-resetState")),
    _rule("servers:override_lock", _ADMIN, "Change a server that is locked.", _ACTION),
    _rule("servers:console_output", _CHANGE, "Read a server's console log.", _ACTION),
    _rule("servers:tell_network", _ADMIN, "Have a server's host look at its networks again.",
          _only("injectNetworkInfo"), _only("resetNetwork")),
    _rule("servers:ips", _READ, "Show a server's addresses.", ("GET", "/servers/{server_id}/ips")),
    _rule("interfaces:show", _READ, "List and show a server's network cards.",
          ("GET", "/servers/{server_id}/os-interface"), ("GET", "/servers/{server_id}/os-interface/{port_id}")),
    _rule("interfaces:change", _CHANGE, "Give a server network cards and take them.",
          ("POST", "/servers/{server_id}/os-interface"), ("DELETE", "/servers/{server_id}/os-interface/{port_id}")),
    _rule("volume_attachments:show", _READ, "List and show a server's volumes.",
          ("GET", "/servers/{server_id}/os-volume_attachments"),
          ("GET", "/servers/{server_id}/os-volume_attachments/{volume_id}")),
    _rule("volume_attachments:change", _CHANGE, "Give a server volumes and take them.",
          ("POST", "/servers/{server_id}/os-volume_attachments"),
          ("DELETE", "/servers/{server_id}/os-volume_attachments/{volume_id}")),
    _rule("volume_attachments:swap", _ADMIN, "Swap a server's volume for another one.",
          ("PUT", "/servers/{server_id}/os-volume_attachments/{volume_id}")),
    _rule("metadata:show", _READ, "Show a server's metadata.", ("GET", "/servers/{server_id}/metadata")),
    _rule("metadata:change", _CHANGE, "Change a server's metadata.", ("PUT", "/servers/{server_id}/metadata")),
    _rule("tags:show", _READ, "Show a server's tags.", ("GET", "/servers/{server_id}/tags")),
    _rule("tags:change", _CHANGE, "Change a server's tags.", ("PUT", "/servers/{server_id}/tags")),
    _rule("instance_actions:list", _READ, "List or show what was done to a server.",
          ("GET", "/servers/{server_id}/os-instance-actions")),
    _rule("instance_actions:events", _ADMIN, "See the steps of an action.",
          ("GET", "/servers/{server_id}/os-instance-actions/{request_id}")),
    _rule("flavors:list", "rule:any_token", "List or show flavors.", ("GET", "/flavors")),
    _rule("flavors:manage", _ADMIN, "Create, change and delete flavors, see private ones.", ("POST", "/flavors")),
    _rule("flavors:extra_specs", _READ, "Read a flavor's extra specs.", ("GET", "/flavors/{flavor_id}/os-extra_specs")),
    _rule("keypairs:use", "rule:admin_or_owner", "Make, list, show and delete keypairs of a user.",
          ("GET", "/os-keypairs")),
    _rule("services:manage", _ADMIN, "List services, enable, disable and force them down.", ("GET", "/os-services")),
    _rule("hypervisors:list", _ADMIN, "List and show hypervisors.", ("GET", "/os-hypervisors")),
    _rule("limits:show", "rule:any_token", "Show the limits of the caller's project.", ("GET", "/limits")),
    _rule("limits:other_project", _ADMIN, "Show the limits of another project.", ("GET", "/limits")),
    _rule("quota_sets:show", _READ, "Show a project's quotas.", ("GET", "/os-quota-sets/{project_id}"),
          ("GET", "/os-quota-sets/{project_id}/detail")),
    _rule("quota_sets:defaults", "rule:any_token", "Show the default quotas.",
          ("GET", "/os-quota-sets/{project_id}/defaults")),
    _rule("quota_sets:manage", _ADMIN, "Change a project's quotas, or give it the default ones again.",
          ("PUT", "/os-quota-sets/{project_id}"), ("DELETE", "/os-quota-sets/{project_id}")),
    _rule("quota_classes:manage", _ADMIN, "Show and change the default quotas.", ("GET", "/os-quota-class-sets/{class_id}")),
    _rule("tenant_usage:list", _ADMIN, "List what all projects used.", ("GET", "/os-simple-tenant-usage")),
    _rule("tenant_usage:show", _READ, "Show what a project used.", ("GET", "/os-simple-tenant-usage/{project_id}")),
    _rule("aggregates:manage", _ADMIN, "Make, see, change and delete aggregates of hosts.", ("GET", "/os-aggregates")),
    _rule("hosts:manage", _ADMIN, "List hosts, and place servers on them or no more.", ("GET", "/os-hosts")),
    _rule("hosts:power", _ADMIN, "Reboot hosts and shut them down.", *(
        ("GET", f"/os-hosts/{{host_name}}/{action}") for action in ("reboot", "shutdown", "startup"))),
    _rule("availability_zones:list", "rule:any_token", "List availability zones.", ("GET", "/os-availability-zone")),
    _rule("availability_zones:detail", _ADMIN, "List availability zones with their hosts.",
          ("GET", "/os-availability-zone/detail")),
    _rule("cumulo:audit", _ADMIN, "See what the audit found.", ("GET", "/cumulo/audit")),
    _rule("cumulo:operations", _READ, "See how far the project's long operations have come.",
          ("GET", "/cumulo/operations"), ("GET", "/cumulo/operations/{operation_id}")),
    _rule("cumulo:metrics", "rule:system_reader", "Read the cloud's metrics.", ("GET", "/cumulo/metrics")),
    _rule("security_groups:show", _READ, "List and show security groups.", ("GET", "/os-security-groups")),
    _rule("security_groups:change", _CHANGE, "Make, change and delete security groups and their rules.",
          ("POST", "/os-security-groups"), ("POST", "/os-security-group-rules")),
    _rule("server_groups:show", _READ, "List and show server groups.", ("GET", "/os-server-groups")),
    _rule("server_groups:change", _CHANGE, "Make and delete server groups.", ("POST", "/os-server-groups")),
    _rule("consoles:open", _CHANGE, "Open a server's consoles.", ("POST", "/servers/{server_id}/remote-consoles"),
          *(_only(f"os-get{each}Console") for each in ("VNC", "SPICE", "RDP", "Serial"))),
    _rule("consoles:show_token", _ADMIN, "See which console a token opens.",
          ("GET", "/os-console-auth-tokens/{console_token}")),
    _rule("diagnostics:show", _ADMIN, "See what a host measures of a guest.", ("GET", "/servers/{server_id}/diagnostics")),
    _rule("server_topology:show", _READ, "See the cells that a server has.", ("GET", "/servers/{server_id}/topology")),
    _rule("server_topology:show_host", _ADMIN, "See which cells and processors of its host they are.",
          ("GET", "/servers/{server_id}/topology")),
    _rule("server_passwords:show", _READ, "Read the password that a guest made, as its owner's key sealed it.",
          ("GET", "/servers/{server_id}/os-server-password")),
    _rule("server_passwords:forget", _CHANGE, "Forget the password that a guest made.",
          ("DELETE", "/servers/{server_id}/os-server-password")),
    _rule("external_events:tell", "rule:admin_required or rule:service", "Tell what happened to what servers have.",
          ("POST", "/os-server-external-events")),
    _rule("audit_logs:show", _ADMIN, "See how many servers each host had.", ("GET", "/os-instance_usage_audit_log")),
    _rule("extensions:list", "rule:any_token", "List extensions.", ("GET", "/extensions")),
)
