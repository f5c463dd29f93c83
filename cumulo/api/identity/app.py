"""The identity API as one WSGI application: its routes and its policy rules."""

from cumulo.api import deploy
from cumulo.api.identity.application_credentials.routes import ROUTES as APPLICATION_CREDENTIALS
from cumulo.api.identity.assignments.routes import ROUTES as ASSIGNMENTS
from cumulo.api.identity.auth.routes import ROUTES as AUTH
from cumulo.api.identity.credentials.routes import ROUTES as CREDENTIALS
from cumulo.api.identity.domain_config.routes import ROUTES as DOMAIN_CONFIG
from cumulo.api.identity.domains.routes import ROUTES as DOMAINS
from cumulo.api.identity.endpoint_filter.routes import ROUTES as ENDPOINT_FILTER
from cumulo.api.identity.endpoint_groups.routes import ROUTES as ENDPOINT_GROUPS
from cumulo.api.identity.endpoints.routes import ROUTES as ENDPOINTS
from cumulo.api.identity.groups.routes import ROUTES as GROUPS
from cumulo.api.identity.limits.routes import ROUTES as LIMITS
from cumulo.api.identity.oauth.routes import ROUTES as OAUTH
from cumulo.api.identity.policies import RULES as GENERAL_RULES
from cumulo.api.identity.policies_cloud import RULES as CLOUD_RULES
from cumulo.api.identity.policies_proofs import RULES as PROOF_RULES
from cumulo.api.identity.policy_associations.routes import ROUTES as POLICY_ASSOCIATIONS
from cumulo.api.identity.projects.routes import ROUTES as PROJECTS
from cumulo.api.identity.regions.routes import ROUTES as REGIONS
from cumulo.api.identity.registered_limits.routes import ROUTES as REGISTERED_LIMITS
from cumulo.api.identity.roles.routes import ROUTES as ROLES
from cumulo.api.identity.services.routes import ROUTES as SERVICES
from cumulo.api.identity.stored_policies.routes import ROUTES as POLICIES
from cumulo.api.identity.trusts.routes import ROUTES as TRUSTS
from cumulo.api.identity.users.routes import ROUTES as USERS
from cumulo.api.identity.v2.routes import ROUTES as V2
from cumulo.api.identity.versions.routes import ROUTES as VERSIONS
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

__all__ = ("FAMILY", "ROUTES", "RULES", "factory")

FAMILY = Family("identity", service_type="identity")
RULES = (*GENERAL_RULES, *PROOF_RULES, *CLOUD_RULES)
ROUTES = (*VERSIONS, *AUTH, *USERS, *GROUPS, *PROJECTS, *DOMAINS, *ROLES, *ASSIGNMENTS, *SERVICES, *ENDPOINTS,
          *REGIONS, *APPLICATION_CREDENTIALS, *CREDENTIALS, *TRUSTS, *V2,
          *REGISTERED_LIMITS, *LIMITS, *ENDPOINT_GROUPS, *ENDPOINT_FILTER, *POLICIES, *POLICY_ASSOCIATIONS,
          *DOMAIN_CONFIG, *OAUTH)


def factory(global_conf: dict[str, str], **local: str) -> Application:
    """Paste's application factory."""
    return deploy.application(FAMILY, ROUTES, global_conf)
