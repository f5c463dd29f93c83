"""What is there before the users come: an empty cloud with a project, an image, a flavor and a network.

Made once per operating-system process, through the API itself, on the simulated cloud.
"""

import functools

from cumulo.common.ids import Ids
from cumulo.identity import bootstrap
from cumulo.image.store.file import FileStore
from tests.simulation.calls import LARGER, I, K, N, Setting, V
from tests.simulation.cloud import CONTROLLERS, STORES, Cloud, conf_of, image_directory, staging_directory
from tests.simulation.database import Store
from tests.simulation.kernel import Kernel
from tests.simulation.runtime import SimClock, SimIds

PASSWORD = "a word between us"


@functools.cache
def store() -> Store:
    """The database of this operating-system process."""
    return Store()


def begin_again() -> None:
    """Make rows and files what they are before the users come."""
    place = setting()
    store().load(place.rows)
    for directory in (*map(image_directory, STORES), *map(staging_directory, CONTROLLERS)):
        for name in FileStore(directory).names() - {place.image_data}:
            FileStore(directory).delete(name)


@functools.cache
def setting() -> Setting:
    """The rows every run begins with, and the ids in them."""
    kernel = Kernel("setting")
    cloud = Cloud(kernel, store(), "setting", ())
    found: list[Setting] = []

    def prepare() -> None:
        ids: Ids = SimIds("setting")
        bootstrap.ensure(cloud.database(), conf_of("ctl1"), ids, SimClock(kernel), admin_password=PASSWORD,
                         public_url="http://localhost:5000")
        cloud.start("api.ctl1")
        kernel.wait(1.0)
        found.append(_Maker(cloud).make())

    kernel.spawn(cloud.client, prepare, "setting")
    kernel.run(lambda: bool(found), 60.0)
    cloud.kill("api.ctl1")
    return found[0]


class _Maker:
    """Asks the API for what there has to be."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._token = ""

    def make(self) -> Setting:
        """Return everything."""
        self._token = admin = self._log_in("admin", "admin")
        image = self._post(f"{I}/images", {"name": "guest", "disk_format": "raw", "container_format": "bare",
                                           "visibility": "public"})["id"]
        self._send("PUT", f"{I}/images/{image}/file", b"\0" * 512, "application/octet-stream")
        self._post(f"{V}/flavors", {"flavor": {"name": "larger", "id": LARGER, "ram": 768, "vcpus": 2, "disk": 2}})
        self._post(f"{V}/flavors/{LARGER}/os-extra_specs", {"extra_specs": {"hw:cpu_policy": "dedicated"}})
        flavor = self._post(f"{V}/flavors", {"flavor": {"name": "small", "ram": 512, "vcpus": 1, "disk": 1}})["flavor"]
        network = self._post(f"{N}/networks", {"network": {"name": "public", "shared": True}})["network"]
        self._post(f"{N}/subnets", {"subnet": {"network_id": network["id"], "cidr": "10.250.0.0/24", "ip_version": 4}})
        outside = self._post(f"{N}/networks", {"network": {"name": "outside", "router:external": True}})["network"]
        self._post(f"{N}/subnets", {"subnet": {"network_id": outside["id"], "cidr": "203.0.113.0/24", "ip_version": 4}})
        member = next(role["id"] for role in self._send("GET", f"{K}/roles")["roles"] if role["name"] == "member")
        user = self._log_in_new("ann", member)
        store().connection.rollback()
        data, = FileStore(image_directory()).names()
        return Setting(store().save(), data, user, admin, image, flavor["id"], network["id"], outside["id"], member)

    def _log_in(self, user: str, project: str) -> str:
        domain = {"id": "default"}
        identity = {"methods": ["password"], "password": {
            "user": {"name": user, "domain": domain, "password": PASSWORD}}}
        answer = self._cloud.request("POST", f"{K}/auth/tokens", {"auth": {
            "identity": identity, "scope": {"project": {"name": project, "domain": domain}}}})
        assert answer is not None and answer.status == 201, answer
        return answer.headers["X-Subject-Token"]

    def _log_in_new(self, name: str, role_id: str) -> str:
        project = self._post(f"{K}/projects", {"project": {"name": name}})["project"]["id"]
        user = self._post(f"{K}/users", {"user": {"name": name, "password": PASSWORD}})["user"]["id"]
        self._send("PUT", f"{K}/projects/{project}/users/{user}/roles/{role_id}")
        return self._log_in(name, name)

    def _post(self, path: str, body: object) -> dict:
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: object = None, kind: str = "application/json") -> dict:
        answer = self._cloud.request(method, path, body, {"X-Auth-Token": self._token, "Content-Type": kind})
        assert answer is not None and answer.status < 300, (method, path, answer)
        return answer.body
