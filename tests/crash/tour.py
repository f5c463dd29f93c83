"""Requests that pass every transaction of the APIs, the API process being killed before and after each commit.

A request whose answer was cut by a death before the commit must have changed nothing, one cut after it must have
changed something; sent again it succeeds, or says that it has been done. The rows of every table are compared, so no
request needs a check of its own. A transaction that nothing here passes fails the suite: add the request.
"""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.base import metadata
from cumulo.common.ids import Ids
from tests.crash import tour_identity, tour_network, tour_volume, tour_volume_rows
from tests.crash.plan import DIE
from tests.crash.storm import Storm
from tests.fixtures.fleet import PASSWORD

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], Json]  # status, headers by their names in small letters, body
TRIES = 12
DONE_BEFORE = (400, 401, 403, 404, 409)  # what a request that has been done already may be told
#: Tables that change by themselves while nobody asks for anything.
VOLATILE = ("service_status", "operation", "operation_event", "audit")
#: What agents report of a host is left out; what an administrator says of it is not.
ASKED_FOR = {"compute_host": ("name", "disabled", "disabled_reason", "forced_down"),
             "network_host": ("host", "admin_state_up")}
OTHER_PROJECT = "0123456789abcdef0123456789abcdef"
#: The API sweeps at each start; that is nobody's request.
UNASKED = ("commit image.uploads.sweep ", "commit image.stages.give_up_dead ")
IMAGES = "/image/v2/images"
PATCH = "application/openstack-images-v2.1-json-patch"


class Tour:
    """One administrator on the way through every API."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self._fleet = storm.fleet
        self._token = ""
        self.user_id = self.project_id = ""
        self._ids = Ids()

    def run(self) -> None:
        """Go through all of it; what is wrong is added to the storm's problems."""
        self._token, content = self._log_in()
        self.user_id, self.project_id = content["token"]["user"]["id"], content["token"]["project"]["id"]
        for part in (self._identity, lambda: tour_identity.visit(self), self._compute, self._network,
                     lambda: tour_network.visit(self), self._image, self._metadefs, lambda: tour_volume.visit(self),
                     lambda: tour_volume_rows.visit(self)):
            part()

    def send(self, method: str, path: str, body: Any = None, *, key: str = "", may_be: tuple[int, ...] = (),
             **headers: str) -> Json:
        """Send a request until it is answered, judging every death on the way; `may_be` are refusals that are meant."""
        is_done = False
        for _ in range(TRIES):
            answer, at = self.attempt(method, path, body, {**headers, **({"Idempotency-Key": key} if key else {})})
            if answer is not None:
                status, _, found = answer
                if status == 503:  # somebody else is starting again
                    time.sleep(0.5)
                    continue
                if status >= 400 and status not in may_be and not (is_done and status in DONE_BEFORE):
                    self._storm.problems.append(f"{method} {path} was answered with {status}: {found}")
                return found
            is_done = is_done or not all(each.endswith(" before") for each in at)
        self._storm.problems.append(f"{method} {path} was cut {TRIES} times")
        return {}

    def attempt(self, method: str, path: str, body: Any, headers: Json) -> tuple[Answer | None, list[str]]:
        """Send a request once; without an answer, judge what it left behind and say at which boundaries it was cut."""
        rows, deaths = self._rows(), self._deaths()
        answer = self._once(method, path, body, headers)
        if answer is not None:
            return answer, []
        self._fleet.wait_ready()
        at = sorted(self._deaths() - deaths)
        self._judge(f"{method} {path}", at, self._rows() == rows)
        return None, at

    def waits(self, text: str) -> bool:
        """Whether a death is still to come at a boundary with this text."""
        return any(text in each for each in self._storm.plan.waiting(DIE))

    @property
    def url(self) -> str:
        """The URL of all APIs."""
        return self._fleet.url

    def make(self, path: str, name: str, body: Json, collection: str) -> str:
        """Create something by its name and return its id."""
        self.send("POST", path, body)
        found = [each for each in self.send("GET", path)[collection] if each.get("name") == name or each.get("id") == name]
        if not found:
            self._storm.problems.append(f"{path}: {name} was created and is not there")
            return name
        for extra in found[1:]:  # without a key, a request that is sent again may be done again
            self.send("DELETE", f"{path}/{extra['id']}")
        return str(found[0]["id"])

    def _identity(self) -> None:
        v3 = "/identity/v3"
        domain = self.make(f"{v3}/domains", "tour", {"domain": {"name": "tour"}}, "domains")
        project = self.make(f"{v3}/projects", "tour", {"project": {"name": "tour"}}, "projects")
        role = self.make(f"{v3}/roles", "tour", {"role": {"name": "tour"}}, "roles")
        user = self.make(f"{v3}/users", "tour", {"user": {"name": "tour", "password": "tour-first"}}, "users")
        service = self.make(f"{v3}/services", "tour", {"service": {"name": "tour", "type": "tour"}}, "services")
        self.send("POST", f"{v3}/regions", {"region": {"id": "tour"}})
        self.send("PUT", f"{v3}/regions/tour2", {"region": {}})
        self.send("POST", f"{v3}/endpoints", {"endpoint": {
            "interface": "public", "service_id": service, "url": "http://127.0.0.1:1/"}})
        endpoints = [each["id"] for each in self.send("GET", f"{v3}/endpoints")["endpoints"]
                     if each["service_id"] == service]
        for kind, one in (("domain", domain), ("project", project), ("role", role), ("service", service),
                          ("region", "tour"), ("endpoint", endpoints[0]), ("user", user)):
            self.send("PATCH", f"{v3}/{kind}s/{one}", {kind: {"description": "changed"}})
        self.send("POST", f"{v3}/users/{user}/password", {
            "user": {"original_password": "tour-first", "password": "tour-second"}})
        grant = f"{v3}/projects/{project}/users/{user}/roles/{role}"
        self.send("PUT", grant)
        self.send("DELETE", grant)
        self.send("PATCH", f"{v3}/domains/{domain}", {"domain": {"enabled": False}})
        self.send("DELETE", f"{v3}/auth/tokens", **{"X-Subject-Token": self._log_in()[0]})
        for kind, ids in (("endpoints", endpoints), ("services", [service]), ("regions", ["tour", "tour2"]),
                          ("users", [user]), ("roles", [role]), ("projects", [project]), ("domains", [domain])):
            for each in ids:
                self.send("DELETE", f"{v3}/{kind}/{each}")

    def _compute(self) -> None:
        v2 = "/compute/v2.1"
        new, newest = ({"X-OpenStack-Nova-API-Version": version} for version in ("2.26", "latest"))
        flavor = {"name": "tour", "id": "tour", "vcpus": 1, "ram": 64, "disk": 1, "os-flavor-access:is_public": False}
        self.send("POST", f"{v2}/flavors", {"flavor": flavor})
        self.send("POST", f"{v2}/flavors/tour/os-extra_specs", {"extra_specs": {"one": "1"}})
        self.send("POST", f"{v2}/flavors/tour/action", {"addTenantAccess": {"tenant": OTHER_PROJECT}})
        self.send("PUT", f"{v2}/flavors/tour", {"flavor": {"description": "toured"}}, **newest)
        self.send("DELETE", f"{v2}/flavors/tour")
        self.send("POST", f"{v2}/os-keypairs", {"keypair": {"name": "tour"}})
        self.send("DELETE", f"{v2}/os-keypairs/tour")
        host = self._fleet.hosts[0]
        self.send("PUT", f"{v2}/os-services/disable", {"host": host, "binary": "nova-compute"})
        self.send("PUT", f"{v2}/os-services/enable", {"host": host, "binary": "nova-compute"})
        services = self.send("GET", f"{v2}/os-services", **newest)["services"]
        service = next(each["id"] for each in services if each["host"] == host and each["binary"] == "nova-compute")
        self.send("PUT", f"{v2}/os-services/{service}", {"forced_down": False}, **newest)
        self.send("DELETE", f"{v2}/os-services/{service}", **newest)  # its agent lives: it is known again at once
        aggregate = f"{v2}/os-aggregates/" + str(self.make(
            f"{v2}/os-aggregates", "tour", {"aggregate": {"name": "tour"}}, "aggregates"))
        self.send("PUT", aggregate, {"aggregate": {"name": "tour"}})
        for action, asked in (("add_host", {"host": host}), ("set_metadata", {"metadata": {"one": "1"}}),
                              ("remove_host", {"host": host})):
            self.send("POST", f"{aggregate}/action", {action: asked})
        self.send("DELETE", aggregate)
        self.send("PUT", f"{v2}/os-hosts/{host}", {"status": "enable"})
        quota = f"{v2}/os-quota-sets/{self.project_id}"
        self.send("PUT", quota, {"quota_set": {"key_pairs": 77}})
        self.send("DELETE", quota)
        self.send("PUT", f"{v2}/os-quota-class-sets/tour", {"quota_class_set": {"cores": 77}})
        group = self.make(f"{v2}/os-server-groups", "tour", {"server_group": {"name": "tour", "policies": ["affinity"]}},
                          "server_groups")
        self.send("DELETE", f"{v2}/os-server-groups/{group}")
        server = f"{v2}/servers/{self._server()}"
        self._groups(f"{v2}/os-security-groups", server)
        self.send("PUT", server, {"server": {"name": "toured"}})
        self.send("POST", f"{server}/metadata", {"metadata": {"one": "1"}})
        self.send("POST", f"{server}/action", {"lock": None})
        self.send("POST", f"{server}/action", {"unlock": None})
        self.send("POST", f"{server}/action", {"os-getConsoleOutput": {}})
        self.send("PUT", f"{server}/tags", {"tags": ["a", "b"]}, **new)
        self.send("PUT", f"{server}/tags/c", **new)
        self.send("DELETE", f"{server}/tags/c", **new)
        self.send("DELETE", f"{server}/tags", **new)
        self._through(lambda: self.send("POST", f"{server}/action", {"os-stop": None}))
        self._through(lambda: self.send("POST", f"{server}/action", {"os-start": None}, key=self._ids.new_id()))

    def _groups(self, path: str, server: str) -> None:
        body = {"security_group": {"name": "tour", "description": ""}}
        group = self.make(path, "tour", body, "security_groups")
        self.send("PUT", f"{path}/{group}", body)
        rules = path.replace("-groups", "-group-rules")
        self.send("POST", rules, {"security_group_rule": {
            "parent_group_id": group, "ip_protocol": "tcp", "from_port": 1, "to_port": 2}})
        for rule in self.send("GET", f"{path}/{group}")["security_group"]["rules"]:
            self.send("DELETE", f"{rules}/{rule['id']}")
        for action in ("addSecurityGroup", "removeSecurityGroup"):
            self.send("POST", f"{server}/action", {action: {"name": group}})
        self.send("DELETE", f"{path}/{group}")

    def _network(self) -> None:
        v2 = "/network/v2.0"
        network = self.make(f"{v2}/networks", "tour", {"network": {"name": "tour"}}, "networks")
        subnet = self.make(f"{v2}/subnets", "tour", {"subnet": {
            "name": "tour", "network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24"}}, "subnets")
        port = self.make(f"{v2}/ports", "tour", {"port": {"name": "tour", "network_id": network}}, "ports")
        for kind, one in (("network", network), ("subnet", subnet), ("port", port)):
            self.send("PUT", f"{v2}/{kind}s/{one}", {kind: {"description": "changed"}})
        # A network that is on hosts: their agents are rung.
        self.send("PUT", f"{v2}/networks/{self._storm.furniture.network_id}", {"network": {"description": "changed"}})
        for kind, one in (("port", port), ("subnet", subnet), ("network", network)):
            self.send("DELETE", f"{v2}/{kind}s/{one}")

    def _image(self) -> None:
        v2 = IMAGES
        form = {"disk_format": "raw", "container_format": "bare"}
        image = self.make(v2, "tour", {"name": "tour", **form}, "images")
        self.send("PATCH", f"{v2}/{image}", [{"op": "add", "path": "/colour", "value": "red"}], **{"Content-Type": PATCH})
        self.send("PUT", f"{v2}/{image}/tags/one")
        self.send("DELETE", f"{v2}/{image}/tags/one")
        self.send("PATCH", f"{v2}/{image}", [{"op": "replace", "path": "/visibility", "value": "shared"}],
                  **{"Content-Type": PATCH})
        member = self._ids.new_id().replace("-", "")
        self.send("POST", f"{v2}/{image}/members", {"member": member})
        self.send("PUT", f"{v2}/{image}/members/{member}", {"status": "accepted"})
        self.send("DELETE", f"{v2}/{image}/members/{member}")
        for number in range(6):  # an upload that was cut is given up for a while: each death gets an image of its own
            self.upload(f"tour-{number}", "raw", b"data" * 100)
            self._stage(f"tour-staged-{number}")
        self._through(lambda: self.send("POST", "/image/v2/tasks", {"type": "import", "input": {
            "import_from": self._storm.uri, "import_from_format": "raw",
            "image_properties": {"name": "tour-task", **form}}}, key=self._ids.new_id()))
        active = [each["id"] for each in self.send("GET", v2)["images"] if each["status"] == "active"]
        self._through(lambda: self.send("POST", f"{v2}/{active[0]}/import", {
            "method": {"name": "copy-image"}, "stores": ["fast"]}, key=self._ids.new_id()))
        self.send("DELETE", f"/image/v2/stores/fast/{active[0]}")
        for action in ("deactivate", "reactivate"):
            self.send("POST", f"{v2}/{active[0]}/actions/{action}")
        metadata = f"/compute/v2.1/images/{active[0]}/metadata"
        self.send("POST", metadata, {"metadata": {"one": "1"}})
        self.forget_images("tour")

    def _metadefs(self) -> None:
        every = "/image/v2/metadefs/namespaces"
        one = f"{every}/tour"
        what = {"name": "tour", "title": "Tour", "type": "string"}
        self.send("POST", every, {"namespace": "tour"})
        self.send("PUT", one, {"namespace": "tour", "description": "changed"})
        for kind, body in (("objects", {"name": "tour"}), ("properties", what)):
            self.send("POST", f"{one}/{kind}", body)
            self.send("PUT", f"{one}/{kind}/tour", {**body, "description": "changed"})
            self.send("DELETE", f"{one}/{kind}/tour")
            self.send("POST", f"{one}/{kind}", body)
            self.send("DELETE", f"{one}/{kind}")
        self.send("POST", f"{one}/tags", {"tags": [{"name": "a"}]})
        self.send("POST", f"{one}/tags/tour")
        self.send("PUT", f"{one}/tags/tour", {"name": "changed"})
        self.send("POST", f"{one}/resource_types", {"name": "tour"})
        self.send("DELETE", f"{one}/resource_types/tour")
        self.send("DELETE", one)

    def _stage(self, name: str) -> None:
        """Make an image, stage its data once and import it, whatever comes of it."""
        image = self.upload(name, "raw", b"data" * 100, way="stage")
        if self.send("GET", f"{IMAGES}/{image}")["status"] == "uploading":
            self._through(lambda: self.send(
                "POST", f"{IMAGES}/{image}/import", {"method": {"name": "glance-direct"}}, may_be=(409,)))

    def upload(self, name: str, form: str, content: Any, way: str = "file") -> str:
        """Make an image and send its data once, whatever comes of it; return its id."""
        image = self.make(IMAGES, name, {"name": name, "disk_format": form, "container_format": "bare"}, "images")
        self._once("PUT", f"{IMAGES}/{image}/{way}", content, {"Content-Type": "application/octet-stream"})
        self._fleet.wait_ready()
        return image

    def forget_images(self, *names: str) -> None:
        """Delete the images whose names begin so, whatever state they are in."""
        for each in self.send("GET", IMAGES)["images"]:
            if each["name"].startswith(names):
                self.send("DELETE", f"{IMAGES}/{each['id']}")

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        self._storm.settle("the tour")

    def _through(self, request: Callable[[], Json]) -> None:
        request()
        self._storm.settle("the tour")

    def _server(self) -> str:
        server_id = self._storm.create("tour-1")
        self._storm.settle("the tour")
        return server_id

    def _project(self) -> str:
        projects = self.send("GET", "/identity/v3/auth/projects")["projects"]
        return str(projects[0]["id"])

    def _judge(self, request: str, at: list[str], is_unchanged: bool) -> None:
        commits = [each for each in at
                   if each.startswith(("commit api.", "commit image.")) and not each.startswith(UNASKED)]
        if commits and all(each.endswith(" before") for each in commits) and not is_unchanged:
            self._storm.problems.append(f"{request}: killed at {commits}, and yet something was changed")
        if any(each.endswith(" after") for each in commits) and is_unchanged:
            self._storm.problems.append(f"{request}: killed at {commits}, and nothing was changed")

    def _deaths(self) -> set[str]:
        return {each.at for each in self._storm.plan.fired(DIE)}

    def _rows(self) -> dict[str, list[str]]:
        """Every row of every table that only requests change."""
        found = {}
        with self._fleet.database.read() as connection:
            for table in metadata.sorted_tables:
                if not table.name.startswith(VOLATILE):
                    columns = [table.c[name] for name in ASKED_FOR.get(table.name, table.c.keys())]
                    found[table.name] = sorted(str(tuple(row)) for row in connection.execute(sa.select(*columns)))
        return found

    def _log_in(self) -> tuple[str, Json]:
        domain = {"id": "default"}
        user = {"name": "admin", "domain": domain, "password": PASSWORD}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                         "scope": {"project": {"name": "admin", "domain": domain}}}}
        answer = None
        while answer is None:
            answer = self._once("POST", "/identity/v3/auth/tokens", body, {})
        return answer[1]["x-subject-token"], answer[2]

    def _once(self, method: str, path: str, body: Any, headers: Json) -> Answer | None:
        """Send a request once; None when the answer was cut. A form comes as its text, under "form"."""
        content = json.dumps(body).encode() if isinstance(body, dict | list) else body
        connection = http.client.HTTPConnection("127.0.0.1", self._fleet.port, timeout=60)
        try:
            connection.request(method, path, content, {"Content-Type": "application/json", "X-Auth-Token": self._token,
                                                       **headers})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        names = {name.lower(): value for name, value in answer.getheaders()}
        kind = names.get("content-type", "")
        return answer.status, names, json.loads(text) if text and "json" in kind else {"form": text}
