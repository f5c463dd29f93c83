"""What the tests of tenancy share: the cloud, what is expected of a caller, and what every answer is checked for."""

import unittest
from typing import Any

from cumulo.api.wsgi.route import Route
from tests.fixtures import bodies, rows
from tests.fixtures.personas import Persona, Rules, lent
from tests.fixtures.routes import path_of, variables

# Variables that say who somebody is: policy decides on them before anything is looked up.
WHOSE = frozenset(("project_id", "user_id", "domain_id", "group_id"))
# Variables that name nothing of a project's: a setting of the cloud, or a word.
NOBODYS = frozenset(("role_id", "implied_role_id", "region_id", "service_id", "endpoint_id", "hypervisor_id", "alias",
                     "token_id", "consumer_id", "request_token_id", "task_id", "store_id", "class_id", "aggregate_id", "host_name", "before", "console_token",
                     "registered_limit_id", "encryption_id", "group_type_id", "qos_specs_id", "network_flavor_id", "segment_id", "cluster_name", "endpoint_group_id", "policy_id", "group", "option", "rule_type", "resource_type"))
# Variables of what is either public or for the projects that were given it, and the rule of those who see all of it.
SHARED = {"flavor_id": "compute:flavors:manage", "type_id": "volume:types:manage"}
NOBODY = Persona("nobody in particular", None, {"roles": []})
_SHARED_COUNTERS = ("network_revision", "network_change", "identity_event", "identity_generation")


class TenancyCase(unittest.TestCase):
    """One cloud for all tests of a class; whoever changes it puts it back."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = lent()
        cls.rules = Rules()
        cls.secrets = cls.cloud.secrets()
        cls.view_before = cls.owners_view(cls())
        cls.counts: dict[str, int] = {}

    @classmethod
    def tearDownClass(cls) -> None:
        print("tenancy: " + ", ".join(f"{count} {what}" for what, count in cls.counts.items()))

    @classmethod
    def count(cls, what: str) -> None:
        """Count something for the line at the end."""
        cls.counts[what] = cls.counts.get(what, 0) + 1

    def may_begin(self, route: Route, persona: Persona) -> bool:
        """Say whether the route's own rule lets the persona in, at home."""
        held = persona.credentials or {}
        own = {name: held.get(name) for name in ("project_id", "user_id")}
        return self.rules.allows(route.policy or "", persona, own)

    def may_touch(self, route: Route, persona: Persona, action: str = "") -> bool:
        """Say whether some rule about the operation, or about one action of it, lets the persona at the owner's things."""
        for variable, rule in SHARED.items():  # sharing decides: a private one is for whom it was given to
            if variable in variables(route):
                return persona.project_id == self.cloud.owner or self.rules.allows(rule, persona, {})
        about = self.rules.about(route.method, route.path, action) | ({route.policy} if route.policy and not action else set())
        # Identity and volumes both have /v3/limits.
        about = {rule for rule in about if rule.startswith("volume:") == (route.policy or "").startswith("volume:")}
        target = self.target(route)
        # A rule that lets everybody in decides nothing where there is another.
        deciding = {rule for rule in about if not self.rules.allows(rule, NOBODY, target)}
        return any(self.rules.allows(rule, persona, target) for rule in deciding or about)

    def target(self, route: Route) -> dict[str, Any]:
        """Return what a rule is asked about: the owner's project, a user there and their domain."""
        target = {name: self.cloud.owned[name] for name in sorted(WHOSE - {"group_id"})}
        return target | {"domain_id": ""} if "/system/" in route.path else target

    def is_friend(self, route: Route, persona: Persona) -> bool:
        """Say whether the persona may see what the owner has."""
        return self.may_touch(route, persona) or persona.project_id == self.cloud.owner

    def own(self, persona: Persona) -> dict[str, str]:
        """Return what the persona may name in a body as its own."""
        mine = self.cloud.owned if persona.project_id == self.cloud.owner else self.cloud.own
        return mine | {"key": self.cloud.owned["key"]}

    def send(self, persona: Persona, family: str, route: Route, body: Any, named: dict[str, str],
             query: str = "") -> Any:
        """Send a request for the route."""
        self.count("requests")
        version = {"OpenStack-API-Version": f"compute {route.until}"} if route.until else {}
        return self.cloud.request(route.method, path_of(family, route, named) + query, body, token=persona.token,
                                  headers=version | {"X-Subject-Token": self.cloud.personas["owner member"].token or "",
                                           **bodies.headers_of(route)})

    def shows_nothing(self, answer: Any, sent: str, where: str) -> None:
        """Check that an answer holds nothing of the owner's but what the caller said."""
        text = f"{answer.headers} {answer.text}"
        found = [secret for secret in self.secrets if secret in text and secret not in sent]
        self.assertEqual([], found, f"{where} {answer.status} {text[:800]}")

    def check_rows(self, answer: Any, is_friend: bool, where: str) -> None:
        """Check that a refused request changed no row, and a stranger's accepted one none of the owner's."""
        after = rows.dump(self.cloud.api.database)
        changed = rows.difference(self.cloud.rows, after)
        try:
            if answer.status_int >= 400:
                self.assertEqual({}, changed, where)
            elif not is_friend:
                gone = [row for name, (went, _) in changed.items() if name not in _SHARED_COUNTERS for row in went
                        if any(secret in str(row) for secret in self.secrets)]
                self.assertEqual([], gone, where)
                self.assertEqual(self.owners_view(), self.view_before, where)
        finally:
            if changed:
                self.cloud.put_back()

    def owners_view(self) -> list[Any]:
        """Return what the owner sees of what is theirs."""
        owned = self.cloud.owned
        paths = (f"/compute/v2.1/servers/{owned['server_id']}", "/compute/v2.1/servers/detail", "/compute/v2.1/limits",
                 "/network/v2.0/networks", "/network/v2.0/subnets", "/network/v2.0/ports", "/image/v2/images",
                 "/volume/v3/volumes/detail", "/volume/v3/limits", f"/volume/v3/volumes/{owned['volume_id']}",
                 f"/compute/v2.1/servers/{owned['server_id']}/ips")
        return [self.cloud.ok("GET", path, token=self.cloud.personas["owner reader"].token or "") for path in paths]
