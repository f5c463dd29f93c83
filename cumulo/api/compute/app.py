"""The compute API as one application: its family, rules and routes.

Every route answers below /v2.1 and below /v2, which clients of the API's first version still name.
"""

import dataclasses

from cumulo.api import deploy
from cumulo.api.compute import policies
from cumulo.api.compute.aggregates import routes as aggregates
from cumulo.api.compute.audit_logs import routes as audit_logs
from cumulo.api.compute.availability_zones import routes as availability_zones
from cumulo.api.compute.consoles import routes as consoles
from cumulo.api.compute.cumulo_audit import routes as cumulo_audit
from cumulo.api.compute.cumulo_operations import routes as cumulo_operations
from cumulo.api.compute.diagnostics import routes as diagnostics
from cumulo.api.compute.extensions import routes as extensions
from cumulo.api.compute.external_events import routes as external_events
from cumulo.api.compute.flavors import routes as flavors
from cumulo.api.compute.floating_ips import routes as floating_ips
from cumulo.api.compute.hosts import routes as hosts
from cumulo.api.compute.hypervisors import routes as hypervisors
from cumulo.api.compute.images import routes as images
from cumulo.api.compute.instance_actions import routes as instance_actions
from cumulo.api.compute.interfaces import routes as interfaces
from cumulo.api.compute.ips import routes as ips
from cumulo.api.compute.keypairs import routes as keypairs
from cumulo.api.compute.limits import routes as limits
from cumulo.api.compute.metadata import routes as metadata
from cumulo.api.compute.migrations import routes as migrations
from cumulo.api.compute.networks import routes as networks
from cumulo.api.compute.openapi import routes as openapi
from cumulo.api.compute.quota_classes import routes as quota_classes
from cumulo.api.compute.quota_sets import routes as quota_sets
from cumulo.api.compute.security_groups import routes as security_groups
from cumulo.api.compute.server_actions import routes as server_actions
from cumulo.api.compute.server_groups import routes as server_groups
from cumulo.api.compute.server_passwords import routes as server_passwords
from cumulo.api.compute.server_topology import routes as server_topology
from cumulo.api.compute.servers import routes as servers
from cumulo.api.compute.services import routes as services
from cumulo.api.compute.tags import routes as tags
from cumulo.api.compute.tenant_usage import routes as tenant_usage
from cumulo.api.compute.versions import handlers as version_handlers
from cumulo.api.compute.versions import routes as versions
from cumulo.api.compute.volume_attachments import routes as volume_attachments
from cumulo.api.compute.volumes import routes as volumes
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family(
    name="compute", service_type="compute", min_version=version_handlers.MINIMUM, max_version=version_handlers.MAXIMUM,
    legacy_header="X-OpenStack-Nova-API-Version", request_id_header="X-Compute-Request-Id",
    strict_query_since="2.75", slash_is_empty_id=True)
RULES = policies.RULES
_RESOURCES = (
    *servers.ROUTES, *server_actions.ROUTES, *interfaces.ROUTES, *volume_attachments.ROUTES, *ips.ROUTES, *metadata.ROUTES, *tags.ROUTES, *flavors.ROUTES,
    *keypairs.ROUTES, *instance_actions.ROUTES, *services.ROUTES, *hypervisors.ROUTES, *limits.ROUTES,
    *quota_sets.ROUTES, *quota_classes.ROUTES, *tenant_usage.ROUTES, *security_groups.ROUTES, *server_groups.ROUTES,
    *aggregates.ROUTES, *hosts.ROUTES, *audit_logs.ROUTES, *consoles.ROUTES, *diagnostics.ROUTES, *external_events.ROUTES,
    *floating_ips.ROUTES, *server_passwords.ROUTES, *server_topology.ROUTES, *images.ROUTES, *networks.ROUTES, *volumes.ROUTES, *migrations.ROUTES, *cumulo_operations.ROUTES, *availability_zones.ROUTES, *extensions.ROUTES, *openapi.ROUTES, *cumulo_audit.ROUTES)
ROUTES = (
    *versions.ROUTES,
    *(dataclasses.replace(route, path=f"/{version}{route.path}") for version in ("v2.1", "v2") for route in _RESOURCES))


def factory(global_conf: dict[str, str], **local: str) -> Application:
    """Return the application, for paste."""
    return deploy.application(FAMILY, ROUTES, global_conf)
