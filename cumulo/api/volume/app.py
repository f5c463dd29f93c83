"""The block storage API as one application: its family, rules and routes.

Every route answers below /v3 and below /v3/{project_id}, where the id must be that of the token's project.
"""

import dataclasses

from cumulo.api import deploy
from cumulo.api.volume import policies
from cumulo.api.volume.attachments import routes as attachments
from cumulo.api.volume.availability_zones import routes as availability_zones
from cumulo.api.volume.backups import routes as backups
from cumulo.api.volume.capabilities import routes as capabilities
from cumulo.api.volume.cgsnapshots import routes as cgsnapshots
from cumulo.api.volume.clusters import routes as clusters
from cumulo.api.volume.consistency_groups import routes as consistency_groups
from cumulo.api.volume.default_types import routes as default_types
from cumulo.api.volume.extensions import routes as extensions
from cumulo.api.volume.group_snapshots import routes as group_snapshots
from cumulo.api.volume.group_types import routes as group_types
from cumulo.api.volume.groups import routes as groups
from cumulo.api.volume.hosts import routes as hosts
from cumulo.api.volume.limits import routes as limits
from cumulo.api.volume.messages import routes as messages
from cumulo.api.volume.manageable import routes as manageable
from cumulo.api.volume.metadata import routes as metadata
from cumulo.api.volume.qos_specs import routes as qos_specs
from cumulo.api.volume.quota_classes import routes as quota_classes
from cumulo.api.volume.quota_sets import routes as quota_sets
from cumulo.api.volume.resource_filters import routes as resource_filters
from cumulo.api.volume.scheduler_stats import routes as scheduler_stats
from cumulo.api.volume.services import routes as services
from cumulo.api.volume.snapshot_actions import routes as snapshot_actions
from cumulo.api.volume.snapshot_metadata import routes as snapshot_metadata
from cumulo.api.volume.snapshots import routes as snapshots
from cumulo.api.volume.transfers import routes as transfers
from cumulo.api.volume.type_encryption import routes as type_encryption
from cumulo.api.volume.types import routes as types
from cumulo.api.volume.versions import handlers as version_handlers
from cumulo.api.volume.versions import routes as versions
from cumulo.api.volume.volume_actions import routes as volume_actions
from cumulo.api.volume.volume_encryption import routes as volume_encryption
from cumulo.api.volume.volumes import routes as volumes
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family(
    name="volume", service_type="volume", min_version=version_handlers.MINIMUM, max_version=version_handlers.MAXIMUM,
    slash_is_empty_id=True, project_below="/v3")
RULES = policies.RULES
_RESOURCES = (
    *volumes.ROUTES, *volume_actions.ROUTES, *volume_encryption.ROUTES, *metadata.ROUTES, *snapshots.ROUTES, *snapshot_actions.ROUTES,
    *snapshot_metadata.ROUTES, *attachments.ROUTES, *backups.ROUTES, *transfers.ROUTES, *types.ROUTES, *type_encryption.ROUTES,
    *consistency_groups.ROUTES, *cgsnapshots.ROUTES, *group_types.ROUTES, *groups.ROUTES, *group_snapshots.ROUTES, *qos_specs.ROUTES, *default_types.ROUTES, *messages.ROUTES, *resource_filters.ROUTES, *clusters.ROUTES, *quota_sets.ROUTES, *quota_classes.ROUTES,
    *limits.ROUTES, *availability_zones.ROUTES, *services.ROUTES, *hosts.ROUTES, *scheduler_stats.ROUTES,
    *capabilities.ROUTES, *manageable.ROUTES, *extensions.ROUTES)
ROUTES = (*versions.ROUTES, *(dataclasses.replace(route, path=f"/v3{route.path}") for route in _RESOURCES))


def factory(global_conf: dict[str, str], **local: str) -> Application:
    """Return the application, for paste."""
    return deploy.application(FAMILY, ROUTES, global_conf)
