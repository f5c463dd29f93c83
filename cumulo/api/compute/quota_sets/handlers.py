"""Quotas of a project: the configured ones, which are every project's."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.compute import quotas


def show(request: Request) -> dict[str, Any]:
    """Show the quotas of a project: the caller's own, or any for an administrator."""
    request.authorize("compute:quota_sets:show", {"project_id": request.params["project_id"]})
    return _view(request)


def show_defaults(request: Request) -> dict[str, Any]:
    """Show the quotas a project has unless it was given others."""
    return _view(request)


def _view(request: Request) -> dict[str, Any]:
    limits = quotas.limits_of(request.services.conf)
    return {"quota_set": {
        "id": request.params["project_id"], "instances": limits.instances, "cores": limits.cores,
        "ram": limits.memory_mib, "key_pairs": limits.key_pairs, "metadata_items": limits.metadata_items,
        # Clients need these keys below microversion 2.36; what they limit is not there or not this API's.
        "injected_files": 0, "injected_file_content_bytes": 0, "injected_file_path_bytes": 0, "server_groups": 0,
        "server_group_members": 0, "fixed_ips": -1, "floating_ips": -1, "security_groups": -1,
        "security_group_rules": -1}}
