"""Extensions: API v2.1 has none of its own, but clients look some up by alias before they use them."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

_NAMES = {
    "OS-DCF": "DiskConfig", "OS-EXT-AZ": "ExtendedAvailabilityZone", "OS-EXT-IPS": "ExtendedIps",
    "OS-EXT-SRV-ATTR": "ExtendedServerAttributes", "OS-EXT-STS": "ExtendedStatus",
    "OS-FLV-EXT-DATA": "FlavorExtraData", "OS-SRV-USG": "ServerUsage", "os-availability-zone": "AvailabilityZone",
    "os-config-drive": "ConfigDrive", "os-console-output": "ConsoleOutput", "os-flavor-access": "FlavorAccess",
    "os-flavor-extra-specs": "FlavorExtraSpecs", "os-flavor-manage": "FlavorManage", "os-hypervisors": "Hypervisors",
    "os-instance-actions": "InstanceActions", "os-keypairs": "Keypairs", "os-quota-sets": "Quotas",
    "os-server-start-stop": "ServerStartStop", "os-services": "Services", "os-used-limits": "UsedLimits",
    "os-user-data": "UserData", "os-aggregates": "Aggregates", "os-hosts": "Hosts", "os-networks": "Networks",
    "os-quota-class-sets": "QuotaClasses", "os-security-groups": "SecurityGroups",
    "os-server-groups": "ServerGroups",
    "os-admin-actions": "AdminActions", "os-attach-interfaces": "AttachInterfaces", "os-create-backup": "CreateBackup",
    "os-consoles": "Consoles", "os-remote-consoles": "Consoles", "os-console-auth-tokens": "ConsoleAuthTokens",
    "os-floating-ip-pools": "FloatingIpPools", "os-floating-ips": "FloatingIps",
    "os-instance-usage-audit-log": "OSInstanceUsageAuditLog", "os-lock-server": "LockServer",
    "os-multinic": "Multinic", "os-pause-server": "PauseServer", "os-rescue": "Rescue",
    "os-server-diagnostics": "ServerDiagnostics", "os-server-external-events": "ServerExternalEvents",
    "os-server-password": "ServerPassword", "os-shelve": "Shelve", "os-suspend-server": "SuspendServer",
    "os-simple-tenant-usage": "SimpleTenantUsage", "os-tenant-networks": "TenantNetworks",
}


def list_extensions(request: Request) -> dict[str, Any]:
    """List what is there under its alias."""
    return {"extensions": [_view(alias) for alias in _NAMES]}


def show_extension(request: Request) -> dict[str, Any]:
    """Show one; raises NotFound."""
    alias = request.params["alias"]
    if alias not in _NAMES:
        raise errors.NotFound("The resource could not be found.")
    return {"extension": _view(alias)}


def _view(alias: str) -> dict[str, Any]:
    return {"alias": alias, "name": _NAMES[alias], "description": f"{_NAMES[alias]}, a part of API v2.1.",
            "links": [], "namespace": "https://docs.openstack.org/api-ref/compute/",
            "updated": "2014-12-03T00:00:00Z"}
