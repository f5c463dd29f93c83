"""What is shared is seen, and no more than that: public images, shared networks, images with members."""

from typing import Any

from cumulo.api.wsgi.route import Route
from tests.fixtures import bodies
from tests.fixtures.personas import MARKER, Persona
from tests.fixtures.routes import all_routes, variables
from tests.functional.tenancy.case import TenancyCase

STRANGERS = ("owner reader", "owner member", "owner manager", "other reader", "other member", "other manager")
# Who else it is shared with is hidden; and it has no tag of the owner's.
_HIDDEN_PARTS = ("/members", "/v2.0/networks/{network_id}/tags/{tag}", "/v2.0/subnets/{subnet_id}/tags/{tag}")


class SharingTest(TenancyCase):
    """Every route about an image, network or subnet that another project shares with everybody."""

    def test_public_things(self) -> None:
        for family, route in all_routes():
            names = set(variables(route))
            if family not in ("image", "network") or not names or not names & set(self.cloud.public):
                continue
            for name in STRANGERS:
                persona = self.cloud.personas[name]
                for body in bodies.of_route(route, self.own(persona)):
                    with self.subTest(route=f"{route.method} {family}{route.path}", persona=name):
                        self.count("pairs of a shared thing's route and a stranger")
                        self.check(family, route, persona, body)

    def check(self, family: str, route: Route, persona: Persona, body: Any) -> None:
        """Reading is allowed, who else it is shared with is hidden, changing is refused."""
        # A tag that the caller made up: a refusal repeats it, and must hold nothing of the owner's.
        answer = self.send(persona, family, route, body, self.cloud.owned | self.cloud.public | {"tag": "no-such-tag"})
        is_part = any(part in route.path for part in _HIDDEN_PARTS)
        if not self.may_begin(route, persona):
            self.assertEqual(403, answer.status_int, answer.text)
        elif route.method == "GET":
            self.assertEqual(404 if is_part else 200, answer.status_int, answer.text)
        else:
            self.assertIn(answer.status_int, (403, 404) if is_part else (403,), answer.text)
        self.assertNotIn(MARKER, answer.text)

    def test_an_image_with_a_member(self) -> None:
        """The invited project sees the image and its own invitation, not who else is invited, and changes nothing."""
        image, member = f"/image/v2/images/{self.cloud.owned['image_id']}", self.cloud.personas["other member"].token
        self.cloud.ok("POST", f"{image}/members", {"member": self.cloud.other},
                      token=self.cloud.personas["owner member"].token or "")
        self.addCleanup(self.cloud.put_back)
        self.assertEqual(f"image-{MARKER}", self.cloud.ok("GET", image, token=member or "")["name"])
        shown = self.cloud.ok("GET", f"{image}/members", token=member or "")["members"]
        self.assertEqual([self.cloud.other], [each["member_id"] for each in shown])
        for method, path, status in (("GET", f"{image}/members/{self.cloud.friend}", 404), ("DELETE", image, 403),
                                     ("PUT", f"{image}/tags/mine", 403), ("POST", f"{image}/actions/deactivate", 403),
                                     ("DELETE", f"{image}/members/{self.cloud.friend}", 403)):
            with self.subTest(method=method, path=path):
                self.assertEqual(status, self.cloud.request(method, path, token=member).status_int)
        for name in ("other domain manager", "unscoped"):
            answer = self.cloud.request("GET", image, token=self.cloud.personas[name].token)
            self.assertEqual(403, answer.status_int)

    def test_a_private_flavor_is_for_whom_it_was_given_to(self) -> None:
        flavor = f"/compute/v2.1/flavors/{self.cloud.owned['flavor_id']}"
        for name, status in (("owner reader", 200), ("other member", 404), ("unscoped", 404), ("other admin", 200)):
            with self.subTest(persona=name):
                self.assertEqual(status, self.cloud.request("GET", flavor,
                                                            token=self.cloud.personas[name].token).status_int)

    def test_the_owner_of_a_shared_network_sees_its_ports_and_strangers_do_not(self) -> None:
        token = self.cloud.personas["owner member"].token or ""
        port = self.cloud.ok("POST", "/network/v2.0/ports", {"port": {
            "network_id": self.cloud.public["network_id"], "name": f"guest-{MARKER}"}}, token=token)["port"]["id"]
        self.addCleanup(self.cloud.put_back)
        for name, status in (("owner reader", 200), ("cloud admin", 200), ("other member", 404)):
            with self.subTest(persona=name):
                answer = self.cloud.request("GET", f"/network/v2.0/ports/{port}", token=self.cloud.personas[name].token)
                self.assertEqual(status, answer.status_int)
        listed = self.cloud.request("GET", "/network/v2.0/ports", token=self.cloud.personas["other member"].token)
        self.assertNotIn(MARKER, listed.text)
