"""Every route as every kind of caller, aimed at what the project "owner" has.

What is expected follows from the route's rules, evaluated for the caller (Rules), never from a list written here:

    no good token                                    401
    the rule refuses the caller even at home         403, whatever is named
    a rule about the operation lets them at it       anything but 401 and 403
    else: a stranger                                 404 where the thing is hidden by its own id, 403 where the path
                                                     names a project, user or domain; never a trace of the owner

A refused request changes no row. A stranger's accepted request changes nothing of the owner's.
"""

import logging
from typing import Any

from cumulo.api.wsgi.route import Route
from tests.fixtures import bodies, rows
from tests.fixtures.personas import MARKER, PASSWORD, USER_DATA, Persona
from tests.fixtures.routes import all_routes, path_of, variables
from tests.functional.tenancy.case import NOBODYS, WHOSE, TenancyCase

REFUSED_BY_POLICY = "Policy doesn't allow"
# Their bodies are proofs that somebody asked, and what is made from a schema proves nothing.
PROOFS = (("POST", "/v3/ec2tokens"), ("POST", "/v3/s3tokens"))


class Lines(logging.Handler):
    """Keeps every line that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line, with its trace."""
        self.lines.append(self.format(record))


class EveryRouteTest(TenancyCase):
    """The whole route table times every persona."""

    def test_every_route_as_everybody(self) -> None:
        log, root = Lines(), logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(root.removeHandler, log)
        root.addHandler(log)
        root.setLevel(logging.INFO)
        for family, route in all_routes():
            for persona in self.cloud.personas.values():
                self.count("pairs of route and persona")
                with self.subTest(route=f"{route.method} {family}{route.path}", persona=persona.name):
                    for body in bodies.of_route(route, self.own(persona)):
                        self.one(family, route, persona, body)
        self.assertGreater(self.counts["answers that show the owner what is theirs"], 30)
        self.check_log(log.lines)

    def one(self, family: str, route: Route, persona: Persona, body: Any) -> None:
        """Send one request at the owner's things, and check all that is expected of its answer."""
        where = f"{persona.name}: {route.method} {family}{route.path} {str(body)[:200]}"
        with rows.statements(self.cloud.api.database) as executed:
            answer = self.send(persona, family, route, body, self.cloud.owned)
        self.assertLess(answer.status_int, 500, where + answer.text)
        action = next(iter(body)) if route.path.endswith("/action") else ""
        self.check_status(route, persona, answer, where, action)
        is_friend = self.is_friend(route, persona)
        if not is_friend:
            self.shows_nothing(answer, path_of(family, route, self.cloud.owned) + str(body), where)
        elif persona.name == "owner reader" and MARKER in answer.text:
            self.count("answers that show the owner what is theirs")
        if executed.wrote:
            self.check_rows(answer, is_friend, where)

    def check_status(self, route: Route, persona: Persona, answer: Any, where: str, action: str) -> None:
        """Check the status against what the rules say."""
        if route.policy is None:
            return
        if persona.credentials is None:
            self.assertEqual(401, answer.status_int, where)
        elif not self.may_begin(route, persona):
            self.assertEqual(403, answer.status_int, where + answer.text)
        elif self.may_touch(route, persona, action) or not set(variables(route)) - NOBODYS:
            self.assertEqual((route.method, route.path) in PROOFS, answer.status_int == 401, where)
            if self.may_touch(route, persona, action) and variables(route):
                self.assertNotIn(REFUSED_BY_POLICY, answer.text, where)
        else:
            # What an action's own rule refuses is refused to whoever may do the others.
            expected = 403 if WHOSE & set(variables(route)) or (action and self.may_touch(route, persona)) else 404
            self.assertEqual(expected, answer.status_int, where + answer.text)

    def check_log(self, lines: list[str]) -> None:
        """Check that no token, password or private text was logged."""
        text = "\n".join(lines)
        self.assertGreater(text.count("status="), 3000)
        for name, persona in self.cloud.personas.items():
            if persona.token:
                self.assertNotIn(persona.token, text, name)
        for secret in (PASSWORD, USER_DATA, "PRIVATE KEY", "password_hash"):
            self.assertNotIn(secret, text)
