"""What the caller's project may have and has: absolute limits; there are no rate limits.

    2.36 what is the network's is left out   2.39 images' metadata   2.57 injected files
"""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.compute import quotas


def show(request: Request) -> dict[str, Any]:
    """Show the limits; an administrator may name another project (tenant_id)."""
    project_id = request.query.get("tenant_id") or request.context.project_id
    if project_id != request.context.project_id:
        request.authorize("compute:limits:other_project")
    with request.services.database.read() as connection:
        limits = quotas.limits_for(connection, request.services.conf, project_id)
        used, groups = quotas.usage_of(connection, project_id), quotas.server_groups_of(connection, project_id)
    absolute = {
        "maxTotalInstances": limits.instances, "totalInstancesUsed": used.instances,
        "maxTotalCores": limits.cores, "totalCoresUsed": used.cores,
        "maxTotalRAMSize": limits.memory_mib, "totalRAMUsed": used.memory_mib,
        "maxTotalKeypairs": limits.key_pairs, "maxServerMeta": limits.metadata_items,
        "maxServerGroups": limits.server_groups, "maxServerGroupMembers": limits.server_group_members,
        "totalServerGroupsUsed": groups}
    for version, keys in _GONE_SINCE.items():
        absolute |= {} if request.is_at_least(version) else keys
    if not request.is_at_least("2.57"):
        absolute |= {"maxPersonality": limits.injected_files, "maxPersonalitySize": limits.injected_file_content_bytes}
    if not request.is_at_least("2.39"):
        absolute["maxImageMeta"] = limits.metadata_items
    return {"limits": {"rate": [], "absolute": absolute}}


_GONE_SINCE = {
    # Clients of older versions need these keys; what they count is not there or not this API's.
    "2.36": {"maxSecurityGroups": -1, "maxSecurityGroupRules": -1, "totalSecurityGroupsUsed": 0,
             "maxTotalFloatingIps": -1, "totalFloatingIpsUsed": 0}}
