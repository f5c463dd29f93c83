"""The network API as one application: its routes and its policy rules."""

from typing import Any

from cumulo.api import deploy
from cumulo.api.network.discovery import routes as discovery
from cumulo.api.network.extensions import routes as extensions
from cumulo.api.network.networks import routes as networks
from cumulo.api.network.ports import routes as ports
from cumulo.api.network.subnets import routes as subnets
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family("network")
ROUTES = (*discovery.ROUTES, *extensions.ROUTES, *networks.ROUTES, *subnets.ROUTES, *ports.ROUTES)
RULES = (*extensions.RULES, *networks.RULES, *subnets.RULES, *ports.RULES)


def factory(global_conf: dict[str, str], **local: Any) -> Application:
    """Paste's factory of this API."""
    return deploy.application(FAMILY, ROUTES, global_conf)
