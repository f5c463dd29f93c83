"""The part of the tour through identity's resources that have no users of their own in most clouds."""

import base64
from typing import TYPE_CHECKING, Any

from cumulo.common.clock import Clock
from cumulo.identity import totp
from tests.fixtures import oauth

if TYPE_CHECKING:
    from tests.crash.tour import Tour

V3 = "/identity/v3"
FILTER = f"{V3}/OS-EP-FILTER"
CONSUMERS = f"{V3}/OS-OAUTH1/consumers"
PASSES = 12


def visit(tour: "Tour") -> None:
    """Make what they need, pass all of them, and take it away again."""
    service = tour.make(f"{V3}/services", "rare", {"service": {"name": "rare", "type": "rare"}}, "services")
    project = tour.make(f"{V3}/projects", "rare", {"project": {"name": "rare"}}, "projects")
    user = tour.make(f"{V3}/users", "rare", {"user": {"name": "rare", "password": "rare-first"}}, "users")
    domain = tour.make(f"{V3}/domains", "rare", {"domain": {"name": "rare"}}, "domains")
    _groups(tour, user)
    _domain_config(tour, domain)
    _endpoint_groups(tour, project, service)
    _limits(tour, project, service)
    _policies(tour, service)
    _credentials(tour)
    _projects_and_roles(tour)
    _logins(tour)
    _consumers(tour)
    for _ in range(PASSES):
        if not tour.waits("api.identity.oauth."):
            break
        _hand_on(tour)
    tour.send("PATCH", f"{V3}/domains/{domain}", {"domain": {"enabled": False}})
    for kind, one in (("services", service), ("users", user), ("projects", project), ("domains", domain)):
        tour.send("DELETE", f"{V3}/{kind}/{one}")


def _groups(tour: "Tour", user: str) -> None:
    group = tour.make(f"{V3}/groups", "rare", {"group": {"name": "rare"}}, "groups")
    one = f"{V3}/groups/{group}"
    tour.send("PATCH", one, {"group": {"description": "changed"}})
    tour.send("PUT", f"{one}/users/{user}")
    tour.send("DELETE", f"{one}/users/{user}")
    tour.send("DELETE", one)


def _domain_config(tour: "Tour", domain: str) -> None:
    one = f"{V3}/domains/{domain}/config"
    tour.send("PUT", one, {"config": {"ldap": {"url": "ldap://127.0.0.1", "user_tree_dn": "cn=rare"}}})
    tour.send("PATCH", one, {"config": {"ldap": {"url": "ldap://127.0.0.2"}}})
    tour.send("DELETE", one)


def _endpoint_groups(tour: "Tour", project: str, service: str) -> None:
    group = tour.make(f"{FILTER}/endpoint_groups", "rare", {"endpoint_group": {
        "name": "rare", "filters": {"service_id": service}}}, "endpoint_groups")
    tour.send("PATCH", f"{FILTER}/endpoint_groups/{group}", {"endpoint_group": {"description": "changed"}})
    tour.send("PUT", f"{FILTER}/endpoint_groups/{group}/projects/{project}")
    tour.send("DELETE", f"{FILTER}/endpoint_groups/{group}/projects/{project}")
    tour.send("DELETE", f"{FILTER}/endpoint_groups/{group}")


def _limits(tour: "Tour", project: str, service: str) -> None:
    registered = {"service_id": service, "resource_name": "rare", "default_limit": 5}
    tour.send("POST", f"{V3}/registered_limits", {"registered_limits": [registered]})
    one = _of_service(tour, "registered_limits", service)
    tour.send("PATCH", f"{V3}/registered_limits/{one}", {"registered_limit": {"default_limit": 6}})
    limit = {"service_id": service, "project_id": project, "resource_name": "rare", "resource_limit": 2}
    tour.send("POST", f"{V3}/limits", {"limits": [limit]})
    own = _of_service(tour, "limits", service)
    tour.send("PATCH", f"{V3}/limits/{own}", {"limit": {"resource_limit": 3}})
    tour.send("DELETE", f"{V3}/limits/{own}")
    tour.send("DELETE", f"{V3}/registered_limits/{one}")


def _of_service(tour: "Tour", kind: str, service: str) -> str:
    return next(str(each["id"]) for each in tour.send("GET", f"{V3}/{kind}")[kind] if each["service_id"] == service)


def _policies(tour: "Tour", service: str) -> None:
    tour.send("POST", f"{V3}/policies", {"policy": {"type": "text/plain", "blob": "rare"}})
    policies = [each["id"] for each in tour.send("GET", f"{V3}/policies")["policies"] if each["blob"] == "rare"]
    one = f"{V3}/policies/{policies[0]}"
    tour.send("PATCH", one, {"policy": {"type": "text/html"}})
    tour.send("PUT", f"{one}/OS-ENDPOINT-POLICY/services/{service}")
    tour.send("DELETE", f"{one}/OS-ENDPOINT-POLICY/services/{service}")
    for each in policies:
        tour.send("DELETE", f"{V3}/policies/{each}")


def _credentials(tour: "Tour") -> None:
    own = f"{V3}/users/{tour.user_id}"
    rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers"}
    one = tour.make(f"{own}/application_credentials", "rare", {"application_credential": {
        "name": "rare", "access_rules": [rule]}}, "application_credentials")
    tour.send("DELETE", f"{own}/application_credentials/{one}")
    tour.send("POST", f"{V3}/credentials", {"credential": {"type": "rare", "blob": "rare", "user_id": tour.user_id}})
    for each in tour.send("GET", f"{V3}/credentials")["credentials"]:
        if each["type"] == "rare":
            tour.send("PATCH", f"{V3}/credentials/{each['id']}", {"credential": {"blob": "changed"}})
            tour.send("DELETE", f"{V3}/credentials/{each['id']}")
    tour.send("POST", f"{own}/credentials/OS-EC2", {"tenant_id": tour.project_id})
    for each in tour.send("GET", f"{own}/credentials/OS-EC2")["credentials"]:
        tour.send("DELETE", f"{own}/credentials/OS-EC2/{each['access']}")
    for each in tour.send("GET", f"{own}/access_rules")["access_rules"]:
        tour.send("DELETE", f"{own}/access_rules/{each['id']}")


def _projects_and_roles(tour: "Tour") -> None:
    project = tour.make(f"{V3}/projects", "tagged", {"project": {"name": "tagged"}}, "projects")
    one = f"{V3}/projects/{project}"
    tour.send("PUT", f"{one}/tags", {"tags": ["a", "b"]})
    tour.send("PUT", f"{one}/tags/c")
    tour.send("DELETE", f"{one}/tags/c")
    tour.send("DELETE", f"{one}/tags")
    tour.send("PATCH", f"{one}/cascade", {"project": {"enabled": False}})
    tour.send("DELETE", f"{one}/cascade")
    above, below = (tour.make(f"{V3}/roles", name, {"role": {"name": name}}, "roles") for name in ("above", "below"))
    tour.send("PUT", f"{V3}/roles/{above}/implies/{below}")
    tour.send("DELETE", f"{V3}/roles/{above}/implies/{below}")
    for each in (above, below):
        tour.send("DELETE", f"{V3}/roles/{each}")


def _logins(tour: "Tour") -> None:
    """Log in wrongly, for the first time that day, by a one-time code, and on somebody's behalf."""
    user = tour.make(f"{V3}/users", "guest", {"user": {"name": "guest", "password": "guest-first"}}, "users")
    _log_in(tour, "password", {"id": user, "password": "wrong"})
    _log_in(tour, "password", {"id": user, "password": "guest-first"})
    secret = base64.b32encode(b"twenty bytes secret!").decode()
    tour.send("POST", f"{V3}/credentials", {"credential": {"type": "totp", "blob": secret, "user_id": user}})
    _log_in(tour, "totp", {"id": user, "passcode": totp.code(secret, next(totp.steps(Clock().now())))})
    role = next(each for each in tour.send("GET", f"{V3}/roles")["roles"] if each["name"] == "admin")
    tour.send("POST", f"{V3}/OS-TRUST/trusts", {"trust": {
        "trustor_user_id": tour.user_id, "trustee_user_id": user, "project_id": tour.project_id,
        "impersonation": False, "roles": [{"id": role["id"]}], "remaining_uses": 5}})
    trusts = [each["id"] for each in tour.send("GET", f"{V3}/OS-TRUST/trusts")["trusts"]
              if each["trustee_user_id"] == user]
    _log_in(tour, "password", {"id": user, "password": "guest-first"}, {"OS-TRUST:trust": {"id": trusts[0]}})
    for each in trusts:
        tour.send("DELETE", f"{V3}/OS-TRUST/trusts/{each}")
    tour.send("DELETE", f"{V3}/users/{user}")


def _log_in(tour: "Tour", method: str, user: dict[str, Any], scope: dict[str, Any] | None = None) -> None:
    auth = {"identity": {"methods": [method], method: {"user": user}}} | ({"scope": scope} if scope else {})
    tour.send("POST", f"{V3}/auth/tokens", {"auth": auth}, may_be=(401,))


def _consumers(tour: "Tour") -> None:
    for _ in range(2):
        tour.send("POST", CONSUMERS, {"consumer": {"description": "rare"}})
        for each in tour.send("GET", CONSUMERS)["consumers"]:
            tour.send("PATCH", f"{CONSUMERS}/{each['id']}", {"consumer": {"description": "changed"}})
            tour.send("DELETE", f"{CONSUMERS}/{each['id']}")


def _hand_on(tour: "Tour") -> None:
    """Go the way of OAuth as far as answers come: a token whose answer was lost is known to nobody."""
    made, _ = tour.attempt("POST", CONSUMERS, {"consumer": {"description": "robot"}}, {})
    if made is not None:
        consumer = made[2]["consumer"]["id"], made[2]["consumer"]["secret"]
        first = _signed(tour, "request_token", consumer, None, oauth_callback="oob")
        agreed = first and tour.attempt("PUT", f"{V3}/OS-OAUTH1/authorize/{first[0]}", {"roles": [{"name": "admin"}]}, {})[0]
        if first and agreed:
            _signed(tour, "access_token", consumer, first, oauth_verifier=agreed[2]["token"]["oauth_verifier"])
    own = f"{V3}/users/{tour.user_id}/OS-OAUTH1/access_tokens"
    for each in tour.send("GET", own)["access_tokens"]:
        tour.send("DELETE", f"{own}/{each['id']}")
    for each in tour.send("GET", CONSUMERS)["consumers"]:
        tour.send("DELETE", f"{CONSUMERS}/{each['id']}")


def _signed(tour: "Tour", name: str, consumer: tuple[str, str], token: tuple[str, str] | None,
            **more: str) -> tuple[str, str] | None:
    """Ask for a token by a signature; None when the answer was cut."""
    path = f"{V3}/OS-OAUTH1/{name}"
    header = oauth.header(tour.url + path, consumer, token, now=Clock().now(), **more)
    answer, _ = tour.attempt("POST", path, None, {"Authorization": header, "Requested-Project-Id": tour.project_id})
    return None if answer is None else oauth.token_of(answer[2]["form"])
