"""Extensions: API v3 has none of its own, but clients look some up before they use them."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

_NAMES = {
    "OS-SCH-HNT": "SchedulerHints", "capabilities": "Capabilities", "cgsnapshots": "Cgsnapshots",
    "consistencygroups": "Consistencygroups", "encryption": "VolumeTypeEncryption", "qos-specs": "Qos_specs_manage",
    "os-admin-actions": "AdminActions",
    "os-availability-zone": "AvailabilityZones", "os-extended-services": "ExtendedServices", "os-hosts": "Hosts",
    "os-quota-class-sets": "QuotaClasses", "os-quota-sets": "Quotas", "os-services": "Services",
    "os-types-extra-specs": "TypesExtraSpecs", "os-types-manage": "TypesManage", "os-used-limits": "UsedLimits",
    "os-vol-host-attr": "VolumeHostAttribute", "os-vol-image-meta": "VolumeImageMetadata",
    "os-vol-tenant-attr": "VolumeTenantAttribute", "os-volume-actions": "VolumeActions",
    "os-volume-transfer": "VolumeTransfer",
    "os-volume-type-access": "VolumeTypeAccess", "scheduler-stats": "Scheduler_stats",
}


def list_extensions(request: Request) -> dict[str, Any]:
    """List what is there under its alias."""
    return {"extensions": [_view(alias) for alias in _NAMES]}


def show(request: Request) -> dict[str, Any]:
    """Show one; raises NotFound."""
    alias = request.params["alias"]
    if alias not in _NAMES:
        raise errors.NotFound(f"Extension {alias[:255]} could not be found.")
    return {"extension": _view(alias)}


def _view(alias: str) -> dict[str, Any]:
    return {"alias": alias, "name": _NAMES[alias], "description": f"{_NAMES[alias]}, a part of API v3.", "links": [],
            "updated": "2016-02-08T00:00:00+00:00"}
