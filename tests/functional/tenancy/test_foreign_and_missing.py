"""A foreign id and one that names nothing: the same answer for the same work, wherever the id stands.

The work is compared by the statements that are executed, which no noise disturbs; a coarse measurement of time says
that nothing else takes longer either.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

from cumulo.api.wsgi.route import Route
from tests.fixtures import bodies, rows
from tests.fixtures.personas import MARKER, MISSING_ID, Persona
from tests.fixtures.routes import all_routes, path_of, variables
from tests.functional.tenancy.case import NOBODYS, TenancyCase

STRANGERS = ("other reader", "other member", "own domain manager", "other domain manager", "system reader", "unscoped")
# What two answers to the same question differ in.
_CHANGES = re.compile(r"req-[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f-]{27}|fa:16:3e[0-9a-f:]{9}|\d{4}-\d\d-\d\dT[0-9:.]+Z?")
TIMED = ("/compute/v2.1/servers/{server_id}", "/image/v2/images/{image_id}", "/network/v2.0/networks/{network_id}",
         "/network/v2.0/ports/{port_id}", "/network/v2.0/subnets/{subnet_id}", "/compute/v2.1/flavors/{flavor_id}",
         "/volume/v3/volumes/{volume_id}")
ROUNDS = 40


def missing_like(value: str) -> str:
    """Return something of the same form that names nothing."""
    if len(value) == 32 and "-" not in value:
        return MISSING_ID.replace("-", "")
    return value.replace(MARKER, "n" * len(MARKER)) if MARKER in value else (
        "req-" if value.startswith("req-") else "") + MISSING_ID


class ForeignAndMissingTest(TenancyCase):
    """Two questions that differ only in whether somebody else has what they name."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.missing = {name: value if name in NOBODYS else missing_like(value)
                       for name, value in cls.cloud.owned.items()}

    def ask(self, persona: Persona, family: str, route: Route, body: Any, named: dict[str, str],
            query: str = "") -> tuple[Any, ...]:
        """Return what an answer comes to: status, headers, body and the statements behind it, without what was sent."""
        self.cloud.api.services.tokens.validate(persona.token)  # what is known of the token is no part of the question
        where = f"{persona.name}: {route.method} {family}{route.path}{query} {str(body)[:200]}"
        with rows.statements(self.cloud.api.database) as executed:
            answer = self.send(persona, family, route, body, named, query)
        self.shows_nothing(answer, path_of(family, route, named) + query + str(body), where)
        if executed.wrote:
            self.check_rows(answer, False, where)
        text = f"{sorted(answer.headers.items())} {answer.text}"
        for foreign, missing in zip(self.cloud.owned.values(), self.missing.values(), strict=True):
            text = text.replace(foreign, missing)
        return answer.status_int, _CHANGES.sub("", text), tuple(executed)

    def strangers(self, route: Route) -> Iterator[Persona]:
        """Yield whoever may ask, but not about what the owner has."""
        for name in STRANGERS:
            persona = self.cloud.personas[name]
            if route.policy is not None and self.may_begin(route, persona) and not self.may_touch(route, persona):
                yield persona

    def test_in_the_path(self) -> None:
        for family, route in all_routes():
            names = [name for name in variables(route) if name not in NOBODYS]
            for persona in self.strangers(route) if names else ():
                own = self.missing | self.own(persona)
                kinds = [("all", self.cloud.owned, self.missing)]
                kinds += [(name, own | {name: self.cloud.owned[name]}, own | {name: self.missing[name]})
                          for name in names if len(names) > 1]
                for kind, foreign, missing in kinds:
                    bodies_of = [bodies.of_route(route, own | {"key": each["key"]}) for each in (missing, foreign)]
                    for no_ones, somebodys in zip(*bodies_of, strict=True):
                        with self.subTest(route=f"{route.method} {family}{route.path}", persona=persona.name, id=kind):
                            self.count("pairs of a foreign and a missing id in a path")
                            self.assertEqual(self.ask(persona, family, route, no_ones, missing),
                                             self.ask(persona, family, route, somebodys, foreign))

    def test_in_the_body(self) -> None:
        for family, route in all_routes():
            for name in ("other member", "other manager"):
                persona = self.cloud.personas[name]
                if route.policy is None or not self.may_begin(route, persona):
                    continue
                own = self.missing | self.own(persona)
                for body in bodies.of_route(route, own):
                    pairs = zip(bodies.foreign(body, self.cloud.owned), bodies.foreign(body, self.missing), strict=True)
                    for (field, foreign), (_, missing) in pairs:
                        with self.subTest(route=f"{route.method} {family}{route.path}", persona=name, field=field):
                            self.count("pairs of a foreign and a missing id in a body")
                            self.assertEqual(self.ask(persona, family, route, missing, own),
                                             self.ask(persona, family, route, foreign, own))

    def test_in_a_login(self) -> None:
        """Who asks for a project they have no role in learns nothing, least of all whether there is one."""
        persona = self.cloud.personas["unscoped"]
        route = next(route for family, route in all_routes() if (family, route.method, route.path) == (
            "identity", "POST", "/v3/auth/tokens"))
        owned, domain = self.cloud.owned, {"id": self.cloud.home}
        wishes = [({"project": {"id": owned["project_id"]}}, {"project": {"id": self.missing["project_id"]}}),
                  ({"domain": {"id": owned["domain_id"]}}, {"domain": {"id": self.missing["domain_id"]}}),
                  ({"domain": {"name": f"home-{MARKER}"}}, {"domain": {"name": missing_like(f"home-{MARKER}")}}),
                  ({"project": {"name": f"owner-{MARKER}", "domain": domain}},
                   {"project": {"name": missing_like(f"owner-{MARKER}"), "domain": domain}})]
        for foreign, missing in wishes:
            with self.subTest(scope=foreign):
                identity = {"methods": ["token"], "token": {"id": persona.token}}
                answers = [self.ask(persona, "identity", route, {"auth": {"identity": identity, "scope": scope}}, {})
                           for scope in (missing, foreign)]
                self.assertEqual(401, answers[0][0])
                self.assertEqual(*answers)

    def test_time(self) -> None:
        """The quickest of many look-ups in turns differ by less than half: a coarse net under that of work."""
        token = self.cloud.personas["other member"].token
        for path in TIMED:
            took: dict[str, list[float]] = {"foreign": [], "missing": []}
            for _ in range(ROUNDS):
                for kind, named in (("foreign", self.cloud.owned), ("missing", self.missing)):
                    url = path.format(**named)
                    began = time.perf_counter()
                    answer = self.cloud.request("GET", url, token=token)
                    took[kind].append(time.perf_counter() - began)
                    self.assertEqual(404, answer.status_int)
            foreign, missing = (min(took[kind]) for kind in ("foreign", "missing"))
            self.assertLess(foreign / missing, 1.5, path)
            self.assertLess(missing / foreign, 1.5, path)
