"""Extensions: API v3 has none of its own, but clients look some up before they use them."""

from typing import Any

from cumulo.api.wsgi.route import Request

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
    return {"extensions": [
        {"alias": alias, "name": name, "description": f"{name}, a part of API v3.", "links": [],
         "updated": "2016-02-08T00:00:00+00:00"} for alias, name in _NAMES.items()]}
