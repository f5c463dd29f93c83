"""The identity API as one WSGI application: its routes and its policy rules."""

from cumulo.api import deploy
from cumulo.api.identity.application_credentials.routes import ROUTES as APPLICATION_CREDENTIALS
from cumulo.api.identity.assignments.routes import ROUTES as ASSIGNMENTS
from cumulo.api.identity.auth.routes import ROUTES as AUTH
from cumulo.api.identity.domains.routes import ROUTES as DOMAINS
from cumulo.api.identity.endpoints.routes import ROUTES as ENDPOINTS
from cumulo.api.identity.policies import RULES as GENERAL_RULES
from cumulo.api.identity.policies_proofs import RULES as PROOF_RULES
from cumulo.api.identity.projects.routes import ROUTES as PROJECTS
from cumulo.api.identity.regions.routes import ROUTES as REGIONS
from cumulo.api.identity.roles.routes import ROUTES as ROLES
from cumulo.api.identity.services.routes import ROUTES as SERVICES
from cumulo.api.identity.users.routes import ROUTES as USERS
from cumulo.api.identity.versions.routes import ROUTES as VERSIONS
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

__all__ = ("FAMILY", "ROUTES", "RULES", "factory")

FAMILY = Family("identity", service_type="identity")
RULES = (*GENERAL_RULES, *PROOF_RULES)
ROUTES = (*VERSIONS, *AUTH, *USERS, *PROJECTS, *DOMAINS, *ROLES, *ASSIGNMENTS, *SERVICES, *ENDPOINTS, *REGIONS,
          *APPLICATION_CREDENTIALS)


def factory(global_conf: dict[str, str], **local: str) -> Application:
    """Paste's application factory."""
    return deploy.application(FAMILY, ROUTES, global_conf)
