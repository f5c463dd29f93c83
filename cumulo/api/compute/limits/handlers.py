"""What the caller's project may have and has: absolute limits; there are no rate limits."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.compute import quotas


def show(request: Request) -> dict[str, Any]:
    """Show the limits; an administrator may name another project (tenant_id)."""
    project_id = request.query.get("tenant_id") or request.context.project_id
    if project_id != request.context.project_id:
        request.authorize("compute:limits:other_project")
    with request.services.database.read() as connection:
        used = quotas.usage_of(connection, project_id)
    limits = quotas.limits_of(request.services.conf)
    return {"limits": {"rate": [], "absolute": {
        "maxTotalInstances": limits.instances, "totalInstancesUsed": used.instances,
        "maxTotalCores": limits.cores, "totalCoresUsed": used.cores,
        "maxTotalRAMSize": limits.memory_mib, "totalRAMUsed": used.memory_mib,
        "maxTotalKeypairs": limits.key_pairs, "maxServerMeta": limits.metadata_items,
        "maxImageMeta": limits.metadata_items, **_NOT_OFFERED}}}


_NOT_OFFERED = {
    # Clients need these keys below microversion 2.36; what they count is not there or not this API's.
    "maxPersonality": 0, "maxPersonalitySize": 0, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1,
    "totalSecurityGroupsUsed": 0, "maxTotalFloatingIps": -1, "totalFloatingIpsUsed": 0,
    "maxServerGroups": 0, "maxServerGroupMembers": 0, "totalServerGroupsUsed": 0}
