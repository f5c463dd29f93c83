"""The network API as one application: its routes and its policy rules."""

from typing import Any

from cumulo.api import deploy
from cumulo.api.network.address_groups import routes as address_groups
from cumulo.api.network.discovery import routes as discovery
from cumulo.api.network.extensions import routes as extensions
from cumulo.api.network.networks import routes as networks
from cumulo.api.network.ports import routes as ports
from cumulo.api.network.security_group_rules import routes as security_group_rules
from cumulo.api.network.security_groups import routes as security_groups
from cumulo.api.network.subnets import routes as subnets
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family("network")
ROUTES = (*discovery.ROUTES, *extensions.ROUTES, *networks.ROUTES, *subnets.ROUTES, *ports.ROUTES,
          *security_groups.ROUTES, *security_group_rules.ROUTES, *address_groups.ROUTES)
RULES = (*extensions.RULES, *networks.RULES, *subnets.RULES, *ports.RULES, *security_groups.RULES,
         *security_group_rules.RULES, *address_groups.RULES)


def factory(global_conf: dict[str, str], **local: Any) -> Application:
    """Paste's factory of this API."""
    return deploy.application(FAMILY, ROUTES, global_conf)
