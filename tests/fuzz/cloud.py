"""The cloud that is fuzzed: the whole API in this process, furnished, with somebody who ends its operations."""

import io
import logging
import time
from typing import Any

import orjson
import sqlalchemy as sa

from cumulo.common.db.tables.compute import claim, server
from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.image.store.http import HttpStore
from cumulo.image.stores import Stores
from cumulo.scheduler import heartbeats
from cumulo.volume import backends
from cumulo.volume import backups as backup_rules
from cumulo.volume import snapshots as snapshot_rules
from cumulo.volume import volumes as volume_rules
from tests.fixtures.api import PASSWORD, Api
from tests.fuzz import strict
from tests.fuzz.generate import KEYS
from tests.fuzz.ledger import Ledger
from tests.fuzz.pool import Pool
from tests.fuzz.shapes import Shape

HOST = "host-1"
STRANGERS = [{"name": "auto", "size_gib": 1, "snapshots": []}]
"What the host's backend has and nobody manages."
LATEST = {"OpenStack-API-Version": "compute latest"}
PROTECTED_ROLES = ("admin", "manager", "member", "reader", "service")


class Answer:
    """What came back, and what it cost."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.cpu_s = 0.0
        self.wall_s = 0.0
        self.committed: list[str] = []
        self.trace = ""

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Take what the application says first, as a WSGI server does."""
        self.status, self.headers = int(status[:3]), headers
        return lambda data: None


class Cloud:
    """An API over an empty cloud, then furnished; `send` is one request with all that is known of its effects."""

    def __init__(self) -> None:
        self.api = Api()
        stores = self.api.services.image_stores
        self.api.services.image_stores = Stores.of(*stores.all, HttpStore("web", ["http://127.0.0.1:9/"], 1.0))
        self.pool = Pool()
        self.ledger = Ledger(self.api.database.engine)
        strict.hold(self.api.database.engine)
        self._traces = _Traces()
        logging.getLogger().addHandler(self._traces)
        for name in ("quota_instances", "quota_cores", "quota_memory_mib", "quota_key_pairs"):
            self.api.conf.set_override(name, -1, group="servers")
        for name in ("quota_volumes", "quota_gigabytes", "quota_snapshots", "quota_backups", "quota_backup_gigabytes"):
            self.api.conf.set_override(name, -1, group="volume")
        self.api.conf.set_override("failed_logins_max", 0, group="identity")
        self.tokens: dict[str, str | None] = {"nobody": None, "stranger": "gAAAAAstranger"}
        self._log_in()
        self._add_host()
        self._furnish()
        self._add_people()
        self.settle()
        self.ledger.take()
        self.document = self.api.get("/compute/v2.1/cumulo/openapi").json

    def close(self) -> None:
        """Remove everything."""
        logging.getLogger().removeHandler(self._traces)
        self.ledger.close()
        self.api.close()

    def send(self, shape: Shape) -> Answer:
        """Send a request and wait for its whole answer."""
        answer, token = Answer(), self.tokens[shape.actor]
        self._traces.text = ""
        cpu, wall = time.process_time(), time.monotonic()
        chunks = self.api.application(shape.environ(token), answer.start)
        try:
            answer.body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        answer.cpu_s, answer.wall_s = time.process_time() - cpu, time.monotonic() - wall
        answer.committed, answer.trace = self.ledger.take(), self._traces.text
        return answer

    def is_locked_out(self) -> bool:
        """Say whether the administrator can no longer do anything, after trying a new token."""
        if self.api.get("/identity/v3/auth/projects", token=str(self.tokens["admin"])).status_int == 200:
            return False
        try:
            self._log_in()
        except AssertionError:
            return True
        return False

    def settle(self) -> None:
        """End every operation well, as scheduler and agents would: the next requests find servers in all states."""
        with self.api.database.write() as connection:
            rows = connection.execute(sa.select(operation).where(operation.c.active_key.is_not(None))).mappings().all()
            now = self.api.database.now(connection)
            for row in rows:
                self._end(connection, row, now)
        self.ledger.take()

    def _end(self, connection: sa.Connection, row: Any, now: float) -> None:
        if row["resource_type"] in ("volume", "snapshot", "backup"):
            self._end_of_volume(connection, row, now)
            return
        flow, gone = row["flow"], {"status": "DELETED", "deleted_at": now, "terminated_at": now}
        change: dict[str, Any] = {"status": "ACTIVE", "power_state": 1, "host": HOST, "launched_at": now}
        if flow == "delete_server" or row["cancel"]:
            change = gone
        elif flow == "stop_server":
            change = {"status": "SHUTOFF", "power_state": 4}
        connection.execute(sa.update(server).where(server.c.id == row["resource_id"]).values(change))
        connection.execute(sa.delete(claim).where(claim.c.server_id == row["resource_id"]))
        if change is not gone:
            connection.execute(sa.insert(claim).values(
                server_id=row["resource_id"], host=HOST, vcpus=1, memory_mib=64, disk_gib=1, created_at=now))
        connection.execute(sa.update(operation).where(operation.c.id == row["id"]).values(
            active_key=None, phase="done", finished_at=now))

    def _end_of_volume(self, connection: sa.Connection, row: Any, now: float) -> None:
        connection.execute(sa.update(operation).where(operation.c.id == row["id"]).values(
            active_key=None, phase="done", finished_at=now))
        if row["resource_type"] == "volume" and (row["flow"] == "delete_volume" or row["cancel"]):
            volume_rules.forget(connection, row["resource_id"])
            return
        if row["resource_type"] == "backup":
            if row["flow"] == "delete_backup" or row["cancel"]:
                backup_rules.forget(connection, row["resource_id"])
            else:
                connection.execute(sa.update(volume_backup).where(volume_backup.c.id == row["resource_id"]).values(
                    status="available", service="directory"))
            return
        if row["resource_type"] == "snapshot":
            if row["flow"] == "delete_snapshot" or row["cancel"]:
                snapshot_rules.forget(connection, row["resource_id"])
            else:
                connection.execute(sa.update(volume_snapshot).where(volume_snapshot.c.id == row["resource_id"]).values(
                    status="available"))
            return
        settled: dict[str, Any] = {"status": "available", "backend": f"{HOST}@fake", "growing_gib": None}
        if row["flow"] == "extend_volume":
            settled["size_gib"] = row["state"]["size_gib"]
        connection.execute(sa.update(volume).where(volume.c.id == row["resource_id"]).values(settled))

    def _log_in(self) -> None:
        api = self.api
        api.forget_tokens()
        self.tokens["admin"] = api.token()
        if "member" not in self.tokens:
            for name, roles in (("member", ("member", "reader")), ("reader", ("reader",))):
                api.make_user(name, roles)
        for name in ("member", "reader"):
            self.tokens[name] = api.token(name, PASSWORD, name)
        self.tokens["unscoped"] = api.token("member", PASSWORD, "")
        self._protect()

    def _protect(self) -> None:
        for kind in ("users", "projects", "domains"):
            for each in self.api.get(f"/identity/v3/{kind}").json[kind]:
                if each["name"] in ("admin", "member", "reader", "Default"):
                    self.pool.protect(kind.removesuffix("s"), each["id"])
        for role in self.api.get("/identity/v3/roles").json["roles"]:
            if role["name"] in PROTECTED_ROLES:
                self.pool.protect("role", role["id"])

    def _add_host(self) -> None:
        api = self.api
        with api.database.write() as connection:
            heartbeats.register_compute_host(connection, api.database.now(connection), api.runtime.ids.new_id(), HOST, {
                "vcpus": 64, "memory_mib": 65536, "disk_gib": 1000, "hypervisor": {"type": "QEMU", "version": 8000000,
                                                                                   "uptime_s": 86400}})
        heard = heartbeats.Heartbeats(api.runtime, api.database)
        with api.database.write() as connection:
            backends.register(connection, api.runtime.ids, api.database.now(connection), HOST, {"backends": {"fake": {
                "total_gib": 100_000, "capabilities": {
                    "volume_backend_name": "fake", "storage_protocol": "fake", "vendor_name": "Cumulo",
                    "driver_version": "1", "availability_zone": "nova"}}}})
        for kind in ("compute", "network", "scheduler", "volume"):
            heard.heard(HOST, kind, {"hearing": True, "connected": True}, restarted=True)
        api.runtime.bus.serve(f"compute.{HOST}", {"console_log": lambda call, server_id, length=None: "login: \ufffd"})
        api.runtime.bus.serve(f"volume.{HOST}", {"strangers": lambda call, backend: STRANGERS})
        self.pool.add("host", HOST)
        self.pool.add("host", f"{HOST}@fake")

    def _add_people(self) -> None:
        """A group with somebody in it and roles, a tree of projects with tags, and roles that imply one another."""
        admin, identity = str(self.tokens["admin"]), "/identity/v3"
        group = self._make(f"{identity}/groups", admin, group={"name": "staff"})
        user = self._make(f"{identity}/users", admin, user={"name": "clerk", "password": PASSWORD})
        root = self._make(f"{identity}/projects", admin, project={"name": "root", "tags": list(KEYS)})
        self._make(f"{identity}/projects", admin, project={"name": "leaf", "parent_id": root})
        domain = self._make(f"{identity}/domains", admin, domain={"name": "shop"})
        own = self._make(f"{identity}/roles", admin, role={"name": "clerk", "domain_id": domain})
        role = self._make(f"{identity}/roles", admin, role={"name": "clerk"})
        paths = [("groups/{group_id}/users/{user_id}", f"groups/{group}/users/{user}"),
                 ("roles/{role_id}/implies/{implied_role_id}", f"roles/{own}/implies/{role}")]
        for kind, actor in (("user", user), ("group", group)):
            tail = f"{{{kind}_id}}/roles/{{role_id}}"
            paths += [(f"projects/{{project_id}}/{kind}s/{tail}", f"projects/{root}/{kind}s/{actor}/roles/{role}"),
                      (f"OS-INHERIT/domains/{{domain_id}}/{kind}s/{tail}/inherited_to_projects",
                       f"OS-INHERIT/domains/{domain}/{kind}s/{actor}/roles/{role}/inherited_to_projects")]
        for template, path in paths:
            answer = self.api.put(f"{identity}/{path}", token=admin)
            assert answer.status_int < 300, f"{path}: {answer.text}"
            self.pool.add_path(f"{identity}/{template}", f"{identity}/{path}".encode())

    def _furnish(self) -> None:
        """Two or three of everything, for the administrator's project and for the member's."""
        for actor in ("admin", "member"):
            token = str(self.tokens[actor])
            network = self._make("/network/v2.0/networks", token, network={"name": f"net-{actor}"})
            self._make("/network/v2.0/subnets", token, subnet={
                "network_id": network, "ip_version": 4, "cidr": "10.7.0.0/24" if actor == "admin" else "10.8.0.0/24"})
            self._make("/network/v2.0/subnets", token, subnet={"network_id": network, "ip_version": 6,
                                                               "cidr": "fd00:7::/64"})
            self._make("/network/v2.0/ports", token, port={"network_id": network})
            image = self._image(token)
            flavor = self._make("/compute/v2.1/flavors", str(self.tokens["admin"]), flavor={
                "name": f"m1.{actor}", "ram": 64, "vcpus": 1, "disk": 1})
            key = self.api.post("/compute/v2.1/os-keypairs", {"keypair": {"name": f"key-{actor}"}}, token=token)
            self.pool.learn("compute", key.json)
            for number in range(2):
                made = self._make("/compute/v2.1/servers", token, server={
                    "name": f"web-{number}", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}],
                    "metadata": {key: "1" for key in KEYS}})
                self.api.put(f"/compute/v2.1/servers/{made}/tags", {"tags": list(KEYS)}, token=token, headers=LATEST)
            self.pool.add("label", f"net-{actor}")
            kind = self._make("/volume/v3/types", str(self.tokens["admin"]), volume_type={
                "name": f"type-{actor}", "extra_specs": {key: "1" for key in KEYS}})
            for number in range(3):
                self._make("/volume/v3/volumes", token, volume={
                    "size": 1, "name": f"disk-{number}", "volume_type": kind if number else None,
                    "metadata": {key: "1" for key in KEYS}})
        self._make("/compute/v2.1/flavors", str(self.tokens["admin"]), flavor={
            "name": "m1.private", "ram": 64, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": False,
            "id": "private"})
        self.api.post("/compute/v2.1/flavors/private/os-extra_specs", {"extra_specs": {key: "1" for key in KEYS}})
        self._make("/identity/v3/regions", str(self.tokens["admin"]), region={"id": "region-2"})
        self._define()
        for path in ("/compute/v2.1/extensions", "/network/v2.0/extensions", "/compute/v2.1/os-hypervisors",
                     "/identity/v3/services", "/identity/v3/endpoints", "/identity/v3/regions",
                     "/compute/v2.1/servers"):
            self.pool.learn(path.split("/")[1], self.api.get(path).json)
        for name in ("image", "images", "member", "members"):
            self.pool.add("schema", name)

    def _define(self) -> None:
        """Metadata definitions, one of each kind."""
        base, what = "/image/v2/metadefs/namespaces", {"title": "web", "type": "string"}
        for actor in ("admin", "member"):
            name = f"OS::{actor}"
            made = self.api.post(base, {
                "namespace": name, "visibility": "public" if actor == "admin" else "private", "properties": {"web": what},
                "objects": [{"name": "web", "properties": {"web": what}}], "tags": [{"name": "web"}],
                "resource_type_associations": [{"name": "OS::Nova::Server", "prefix": "hw_"}]}, token=self.tokens["admin"])
            assert made.status_int == 201, made.text
            self.pool.add("namespace", name)
            self.pool.add("resource_type", "OS::Nova::Server")
            for kind, variable in (("objects", "object_name"), ("properties", "property_name"), ("tags", "tag_name")):
                self.pool.add_path(f"{base}/{{namespace}}/{kind}/{{{variable}}}", f"{base}/{name}/{kind}/web".encode())
        for name in ("namespace", "namespaces", "object", "properties"):
            self.pool.add("schema", name)

    def _image(self, token: str) -> str:
        image = self._make("/image/v2/images", token, disk_format="raw", container_format="bare", name="guest")
        stored = self.api.put(f"/image/v2/images/{image}/file", b"guest" * 100, token=token,
                              headers={"Content-Type": "application/octet-stream"})
        assert stored.status_int == 204, stored.text
        self._make("/image/v2/images", token, disk_format="raw", container_format="bare", name="waits")
        return image

    def _make(self, path: str, token: str, **body: Any) -> str:
        answer = self.api.post(path, body, token=token)
        assert answer.status_int < 300, f"{path}: {answer.text}"
        self.pool.learn(path.split("/")[1], answer.json)
        inner = answer.json if "id" in answer.json else next(iter(answer.json.values()))
        return str(inner["id"])


class _Traces(logging.Handler):
    """Keeps the trace of the last exception that was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what this record says."""
        stream = io.StringIO()
        stream.write(self.format(record))
        self.text += stream.getvalue()[-6000:]


def read_json(body: bytes) -> Any:
    """Return the JSON of an answer; raises ValueError."""
    return orjson.loads(body)
