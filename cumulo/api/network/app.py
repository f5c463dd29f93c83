"""The network API as one application: its routes and its policy rules."""

from typing import Any

from cumulo.api import deploy
from cumulo.api.network.address_groups import routes as address_groups
from cumulo.api.network.address_scopes import routes as address_scopes
from cumulo.api.network.agents import routes as agents
from cumulo.api.network.auto_allocated_topologies import routes as auto_allocated_topologies
from cumulo.api.network.availability_zones import routes as availability_zones
from cumulo.api.network.discovery import routes as discovery
from cumulo.api.network.extensions import routes as extensions
from cumulo.api.network.flavors import routes as flavors
from cumulo.api.network.floating_ips import routes as floating_ips
from cumulo.api.network.ip_availabilities import routes as ip_availabilities
from cumulo.api.network.metering import routes as metering
from cumulo.api.network.networks import routes as networks
from cumulo.api.network.port_bindings import routes as port_bindings
from cumulo.api.network.port_forwardings import routes as port_forwardings
from cumulo.api.network.ports import routes as ports
from cumulo.api.network.qos import routes as qos
from cumulo.api.network.quotas import routes as quotas
from cumulo.api.network.rbac_policies import routes as rbac_policies
from cumulo.api.network.routers import routes as routers
from cumulo.api.network.scheduling import routes as scheduling
from cumulo.api.network.security_group_rules import routes as security_group_rules
from cumulo.api.network.security_groups import routes as security_groups
from cumulo.api.network.segments import routes as segments
from cumulo.api.network.service_profiles import routes as service_profiles
from cumulo.api.network.service_providers import routes as service_providers
from cumulo.api.network.subnet_pools import routes as subnet_pools
from cumulo.api.network.subnets import routes as subnets
from cumulo.api.network.tags import routes as tags
from cumulo.api.network.topology import routes as topology
from cumulo.api.network.trunks import routes as trunks
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family("network")
_PARTS = (networks, subnets, ports, security_groups, security_group_rules, address_groups, routers, floating_ips,
          port_forwardings, subnet_pools, quotas, tags, rbac_policies, agents, availability_zones, service_providers,
          ip_availabilities, topology, qos, trunks, address_scopes, metering,
          auto_allocated_topologies, port_bindings, scheduling, flavors, service_profiles, segments)
ROUTES = (*discovery.ROUTES, *extensions.ROUTES, *(route for part in _PARTS for route in part.ROUTES))
RULES = (*extensions.RULES, *(rule for part in _PARTS for rule in part.RULES))


def factory(global_conf: dict[str, str], **local: Any) -> Application:
    """Paste's factory of this API."""
    return deploy.application(FAMILY, ROUTES, global_conf)
