"""What the users of a simulated cloud ask for, and what they were promised.

Users behave as people's tools do: a call without an answer, or answered with 5xx, is made again.
Creating calls carry an Idempotency-Key, most of them; what an unanswered call without one has made
is not known, so at most one of it may exist.
"""

import dataclasses
import hashlib
import random
from collections.abc import Callable
from typing import Any

from cumulo.compute.agent.driver import Power
from cumulo.identity.bootstrap import REGION
from tests.simulation import boots, copies, disks, loans, routing
from tests.simulation.cloud import WEB, Answer, Cloud
from tests.simulation.people import K, People
from tests.simulation.plan import Call
from tests.simulation.tokens import Tokens

V = "/compute/v2.1"
N = "/network/v2.0"
I = "/image/v2"  # noqa: E741
PATIENCE_S = 120.0
NOT_OF_DISKS = (400,)  # what a server that boots from a volume cannot be asked for
LARGER = "larger"  # the id of the flavor that servers grow to
KINDS_OF_THINGS = ("server", "volume", "snapshot", "backup", "network", "port", "router", "floatingip", "trunk", "image", "user", "project",
                   "group", "role", "credential", "application_credential", "trust")


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is there before the users come: ids and tokens, made once."""

    rows: bytes
    image_data: str
    token: str
    admin_token: str
    image: str
    flavor: str
    network: str
    outside: str  # an external network
    member: str  # the role


@dataclasses.dataclass
class Promise:
    """What a creating call was promised: so many resources of this name, if it was accepted."""

    kind: str
    name: str
    count: int
    is_exact: bool = False  # answered, or asked for again and again under one key
    refused: bool = False
    made_id: str = ""
    owners: tuple[str, ...] = ()  # whose end takes it along


class Users:
    """All users of a run, and the ledger of what they were told."""

    def __init__(self, cloud: Cloud, setting: Setting) -> None:
        self.cloud = cloud
        self.setting = setting
        self.promises: list[Promise] = []
        self.known: dict[str, list[str]] = {kind: [] for kind in KINDS_OF_THINGS}
        self.deleted: list[tuple[str, str]] = []  # the deletion was accepted
        self.deleting: set[str] = set()  # the deletion was asked for
        self.people = People()
        self.tokens = Tokens(lambda: cloud.kernel.elapsed_s)
        self.waiting = 0
        self.nonsense: list[str] = []  # calls that could never work: a mistake of this module, or a bug
        self._count = 0

    def make(self, call: Call) -> None:
        """Make a call, to its end."""
        self.waiting += 1
        try:
            _KINDS[call.kind](self, random.Random(call.dice))
        finally:
            self.waiting -= 1

    def delete_all(self) -> None:
        """Ask for the deletion of everything that is known."""
        for server_id in self.known["server"]:
            self.delete("server", f"{V}/servers/{server_id}", server_id)
        if self.known["volume"]:
            disks.take_back(self)
            copies.end(self)
            disks.ungroup(self)
        for volume_id in self.known["volume"]:
            self.detached(volume_id)
            self.delete("volume", f"{disks.B}/volumes/{volume_id}?cascade=true", volume_id)

    def detached(self, volume_id: str) -> None:
        """Wait until no server has a volume any more: all of them are being deleted."""
        until = self.cloud.kernel.elapsed_s + PATIENCE_S
        while self.cloud.kernel.elapsed_s < until:
            answer = self.send("GET", f"{disks.B}/volumes/{volume_id}", again=False)
            if answer is not None and (answer.status == 404 or answer.body["volume"]["status"] not in (
                    "in-use", "attaching", "detaching", "backing-up", "restoring-backup")):
                return
            self.cloud.kernel.wait(1.0)

    def send(self, method: str, path: str, body: Any = None, *, admin: bool = False, again: bool = True,
             token: str | None = None, may_be: tuple[int, ...] = (), **headers: str) -> Answer | None:
        """Send a call until it is answered with something else than 5xx; None when that never came.

        may_be: answers that are no nonsense here. An empty token is none.
        """
        token = (self.setting.admin_token if admin else self.setting.token) if token is None else token
        sent = {"X-Auth-Token": token} if token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        until = self.cloud.kernel.elapsed_s + PATIENCE_S
        while True:
            answer = self.cloud.request(method, path, body, sent)
            self.cloud.say(f"{method} {path} -> {answer.status if answer else 'no answer'}")
            if answer is not None and answer.status in (400, 401, 405, 415) and answer.status not in may_be and (
                    "not be found" not in str(answer.body)):
                self.nonsense.append(f"calls: {method} {path} was answered with {answer.status} {answer.body}")
            if answer is not None and answer.status < 500 and not _is_for_now(answer):
                return answer
            if not again or self.cloud.kernel.elapsed_s > until:
                return None
            self.cloud.kernel.wait(self.cloud.weather.between(0.2, 2.0))

    def name(self, kind: str) -> str:
        """Return a name nobody has."""
        self._count += 1
        return f"{kind}-{self._count}"

    def one(self, kind: str, dice: random.Random) -> str | None:
        """Choose one of the resources that are known, the newer the likelier."""
        known = self.known[kind]
        return known[-1 - int(len(known) * dice.random() ** 2)] if known else None

    def create(self, kind: str, path: str, body: dict[str, Any], dice: random.Random, *, count: int = 1,
               admin: bool = False, found: Callable[[Any], str] | None = None, name: str | None = None,
               owners: tuple[str, ...] = (), token: str | None = None, may_be: tuple[int, ...] = (), **headers: str) -> str | None:
        """Ask for something new and note the promise; name is what it is counted by."""
        promise = Promise(kind, name or body.get("name") or next(iter(body.values()))["name"], count, owners=owners)
        self.promises.append(promise)
        has_key = dice.random() < 0.8
        key = {"Idempotency_Key": f"key-of-{promise.name}"} if has_key else {}
        answer = self.send("POST", path, body, admin=admin, again=has_key, token=token, may_be=may_be, **key, **headers)
        # Whoever lost their rights since the first of several attempts is not told what became of that one.
        promise.is_exact = answer is not None and answer.status not in (401, 403)
        promise.refused = answer is not None and answer.status >= 300
        if answer is None or answer.status >= 300:
            return None
        made = promise.made_id = str(found(answer.body) if found else answer.body[kind]["id"])
        self.known[kind].append(made)
        return made

    def delete(self, kind: str, path: str, resource_id: str, *subjects: str, admin: bool = False,
               token: str | None = None, may_be: tuple[int, ...] = (401,)) -> bool:
        """Ask for a deletion, of whatever else goes with it too, and say whether it was accepted."""
        self.deleting |= {resource_id, f"{kind} {resource_id}", *subjects}
        answer = self.send("DELETE", path, admin=admin, token=token, may_be=may_be)
        if answer is None or answer.status not in (202, 204, 404):
            return False
        self.deleted.append((kind, resource_id))
        return True


def _is_for_now(answer: Answer) -> bool:
    """Whether the server itself asks to send the call again: another with its key is being answered."""
    return answer.status == 409 and "Retry-After" in answer.headers


def _create_server(users: Users, dice: random.Random, count: int = 1) -> None:
    setting = users.setting
    server: dict[str, Any] = {"name": users.name("server"), "imageRef": setting.image, "flavorRef": setting.flavor}
    if count > 1:
        server |= {"min_count": count, "max_count": count}
    own = users.one("network", dice)
    if own is not None and dice.random() < 0.3:
        server["networks"] = [{"uuid": own}]
    users.create("server", f"{V}/servers", {"server": server}, dice, count=count)


def _create_servers(users: Users, dice: random.Random) -> None:
    _create_server(users, dice, dice.randint(2, 3))


def _delete_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is None:
        users.cloud.kernel.wait(dice.uniform(0.1, 4.0))  # perhaps one is being made
        server_id = users.one("server", dice)
    if server_id is not None:
        users.delete("server", f"{V}/servers/{server_id}", server_id)


def _act(name: str, arguments: Any = None, *, admin: bool = False) -> Callable[[Users, random.Random], None]:
    def act(users: Users, dice: random.Random) -> None:
        server_id = users.one("server", dice)
        if server_id is not None:
            users.send("POST", f"{V}/servers/{server_id}/action", {name: arguments}, again=dice.random() < 0.5,
                       admin=admin)

    return act


def _save_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is None:
        return
    name = users.name("image")
    body = {"createImage": {"name": name}} if dice.random() < 0.5 else {
        "createBackup": {"name": name, "backup_type": "daily", "rotation": dice.randint(0, 2)}}
    answer = users.send("POST", f"{V}/servers/{server_id}/action", body, again=False, may_be=NOT_OF_DISKS)
    if answer is not None and answer.status == 202:
        users.known["image"].append(answer.headers["Location"].rpartition("/")[2])


def _rebuild_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is not None:
        body = {"rebuild": {"imageRef": users.setting.image}}
        users.send("POST", f"{V}/servers/{server_id}/action", body, again=dice.random() < 0.5, may_be=NOT_OF_DISKS)


def _rescue_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is not None:
        own = {"rescue": {"rescue_image_ref": users.setting.image}} if dice.random() < 0.5 else {"rescue": None}
        users.send("POST", f"{V}/servers/{server_id}/action", own, again=dice.random() < 0.5, may_be=NOT_OF_DISKS)


def _attach_card(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is not None:
        network_id = users.one("network", dice) if dice.random() < 0.4 else None
        users.send("POST", f"{V}/servers/{server_id}/os-interface", {"interfaceAttachment": {
            "net_id": network_id or users.setting.network}}, again=False, may_be=(400,))


def _detach_card(users: Users, dice: random.Random) -> None:
    """Through the server, or by deleting the port."""
    server_id = users.one("server", dice)
    if server_id is None:
        return
    path = f"{V}/servers/{server_id}/os-interface"
    answer = users.send("GET", path, again=False)
    found = answer.body["interfaceAttachments"] if answer is not None and answer.status == 200 else []
    if len(found) > 1:  # a server without any is nobody's aim here
        port_id = dice.choice(found)["port_id"]
        users.send("DELETE", f"{path}/{port_id}" if dice.random() < 0.6 else f"{N}/ports/{port_id}", again=False)


def _resize_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is not None:
        flavor = dice.choice((users.setting.flavor, LARGER))
        answer = users.send("POST", f"{V}/servers/{server_id}/action", {"resize": {"flavorRef": flavor}},
                            again=dice.random() < 0.5, may_be=(400,))
        if answer is not None and answer.status == 202 and dice.random() < 0.7:
            users.cloud.kernel.wait(dice.uniform(1.0, 6.0))
            end = dice.choice(("confirmResize", "revertResize"))
            users.send("POST", f"{V}/servers/{server_id}/action", {end: None}, again=dice.random() < 0.5)


def _evacuate(users: Users, dice: random.Random) -> None:
    """The host of a server loses its power: it is declared down, the server is evacuated, and later the host is back."""
    server_id = users.one("server", dice)
    shown = users.send("GET", f"{V}/servers/{server_id}", admin=True, again=False) if server_id else None
    host = shown.body["server"]["OS-EXT-SRV-ATTR:host"] if shown is not None and shown.status == 200 else None
    if host is None or len(users.cloud.hosts.by_name) < 2:
        return
    agents = [name for name in users.cloud.names if name in (f"compute.{host}", f"network.{host}")]
    for name in agents:
        users.cloud.kill(name)
    users.cloud.hosts.lose_power(host)
    if _declare(users, host, True):
        users.send("POST", f"{V}/servers/{server_id}/action", {"evacuate": {"onSharedStorage": False}}, admin=True,
                   again=dice.random() < 0.5, may_be=(400,))
        users.cloud.kernel.wait(dice.uniform(1.0, 8.0))
    while not _declare(users, host, False):
        users.cloud.kernel.wait(1.0)
    for name in agents:
        users.cloud.restart_after(name, 0.5)


def _declare(users: Users, host: str, is_down: bool) -> bool:
    """Say that a host is down, or up; whether that was heard."""
    answer = users.send("PUT", f"{V}/os-services/force-down", {
        "host": host, "binary": "nova-compute", "forced_down": is_down}, admin=True, may_be=(400,), OpenStack_API_Version="compute 2.11")
    return answer is not None and answer.status == 200


def _go_off(users: Users, dice: random.Random) -> None:
    """No call: a guest shuts itself down."""
    for host in users.cloud.hosts.by_name.values():
        running = sorted(each for each, power in host.power.items() if power is Power.RUNNING)
        if running and dice.random() < 0.5:
            host.power[dice.choice(running)] = Power.OFF


def _create_network(users: Users, dice: random.Random) -> None:
    network_id = users.create("network", f"{N}/networks", {"network": {"name": users.name("network")}}, dice)
    if network_id is not None and dice.random() < 0.9:
        subnet = {"network_id": network_id, "cidr": f"10.{dice.randint(1, 200)}.0.0/24", "ip_version": 4}
        users.send("POST", f"{N}/subnets", {"subnet": subnet}, again=False)


def _delete_network(users: Users, dice: random.Random) -> None:
    network_id = users.one("network", dice)
    if network_id is not None:
        users.delete("network", f"{N}/networks/{network_id}", network_id)


def _create_port(users: Users, dice: random.Random) -> None:
    network_id = users.one("network", dice) or users.setting.network
    users.create("port", f"{N}/ports", {"port": {"name": users.name("port"), "network_id": network_id}}, dice)


def _delete_port(users: Users, dice: random.Random) -> None:
    port_id = users.one("port", dice)
    if port_id is not None:
        users.delete("port", f"{N}/ports/{port_id}", port_id)


def _upload_image(users: Users, dice: random.Random) -> None:
    body = {"name": users.name("image"), "disk_format": "raw", "container_format": "bare"}
    image_id = users.create("image", f"{I}/images", body, dice, found=lambda answer: str(answer["id"]))
    if image_id is not None:
        data = b"\0" * dice.randint(1, 4000)
        users.send("PUT", f"{I}/images/{image_id}/file", data, again=dice.random() < 0.7,
                   Content_Type="application/octet-stream")


def _new_image(users: Users, dice: random.Random) -> str | None:
    body = {"name": users.name("image"), "disk_format": "raw", "container_format": "bare"}
    return users.create("image", f"{I}/images", body, dice, found=lambda answer: str(answer["id"]))


def _stage_image(users: Users, dice: random.Random) -> None:
    image_id = _new_image(users, dice)
    if image_id is not None:
        users.send("PUT", f"{I}/images/{image_id}/stage", b"\0" * dice.randint(1, 4000), again=dice.random() < 0.7,
                   Content_Type="application/octet-stream")
        if dice.random() < 0.9:
            _import(users, dice, image_id, {"name": "glance-direct"})


def _web_image(users: Users, dice: random.Random) -> None:
    image_id = _new_image(users, dice)
    if image_id is not None:
        _import(users, dice, image_id, {"name": "web-download", "uri": f"http://example.org/{dice.randint(1, 9000)}"})


def _remote_image(users: Users, dice: random.Random) -> None:
    """Import an image of this very region as if it were another."""
    image_id = _new_image(users, dice)
    if image_id is not None:
        remote_id = f"5e000000-0000-4000-8000-00000000{dice.getrandbits(16):04x}"
        _import(users, dice, image_id, {
            "name": "glance-download", "glance_image_id": remote_id, "glance_region": REGION})


def _locate_image(users: Users, dice: random.Random) -> None:
    """Make an image of data on the web, sometimes of what it is said to be and is not."""
    image_id = _new_image(users, dice)
    if image_id is not None:
        size = dice.randint(1, 9000)
        body: dict[str, Any] = {"url": f"{WEB}{size}"}
        if dice.random() < 0.3:
            body["validation_data"] = {"os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(bytes(size)).hexdigest()}
        for _ in range(dice.choice((1, 1, 1, 2))):
            users.send("POST", f"{I}/images/{image_id}/locations", body, again=dice.random() < 0.8)


def _import(users: Users, dice: random.Random, image_id: str, method: dict[str, str]) -> None:
    """Ask for an import, sometimes into all stores, sometimes twice."""
    body: dict[str, Any] = {"method": method, "all_stores_must_succeed": dice.random() < 0.7}
    if dice.random() < 0.3:
        body["all_stores"] = True
    for _ in range(dice.choice((1, 1, 1, 2))):
        users.send("POST", f"{I}/images/{image_id}/import", body, again=dice.random() < 0.8)


def _copy_image(users: Users, dice: random.Random) -> None:
    image_id = users.one("image", dice)
    if image_id is not None:
        body = {"method": {"name": "copy-image"}, "stores": ["fast"], "all_stores_must_succeed": dice.random() < 0.5}
        users.send("POST", f"{I}/images/{image_id}/import", body, admin=True, again=dice.random() < 0.8)


def _leave_store(users: Users, dice: random.Random) -> None:
    image_id = users.one("image", dice)
    if image_id is not None:
        users.send("DELETE", f"{I}/stores/{dice.choice(('file', 'fast'))}/{image_id}", again=dice.random() < 0.5)


def _share_image(users: Users, dice: random.Random) -> None:
    image_id = users.one("image", dice)
    if image_id is not None:
        users.send("POST", f"{I}/images/{image_id}/members", {"member": "b" * 32}, again=dice.random() < 0.5)


def _download_image(users: Users, dice: random.Random) -> None:
    image_id = users.one("image", dice) or users.setting.image
    answer = users.send("GET", f"{I}/images/{image_id}/file", again=False)
    if answer is not None and answer.status == 200 and answer.size != int(answer.headers["Content-Length"]):
        users.cloud.say(f"the download of {image_id} was cut short")


def _delete_image(users: Users, dice: random.Random) -> None:
    image_id = users.one("image", dice)
    if image_id is not None:
        users.delete("image", f"{I}/images/{image_id}", image_id)


def _define_metadata(users: Users, dice: random.Random) -> None:
    """Make, change and delete metadata definitions; what others have made or deleted meanwhile is no surprise."""
    every = f"{I}/metadefs/namespaces"
    one = f"{every}/simulated{dice.randint(1, 3)}"
    name = one.rpartition("/")[2]
    what, ways = f"{one}/objects", ("objects", "properties", "tags")
    method, path, body = dice.choice((
        ("POST", every, {"namespace": name, "visibility": "public"}),
        ("POST", every, {"namespace": name, "visibility": "private"}),
        ("PUT", one, {"namespace": name, "description": "changed"}),
        ("POST", what, {"name": "first"}), ("PUT", f"{what}/first", {"name": "first", "description": "changed"}),
        ("POST", f"{one}/properties", {"name": "colour", "title": "Colour", "type": "string"}),
        ("POST", f"{one}/tags", {"tags": [{"name": "a"}, {"name": "b"}]}), ("POST", f"{one}/tags/c", None),
        ("POST", f"{one}/resource_types", {"name": "OS::Simulated"}), ("DELETE", f"{one}/resource_types/OS::Simulated", None),
        ("DELETE", f"{one}/{dice.choice(ways)}", None), ("DELETE", one, None), ("GET", one, None)))
    users.send(method, path, body, admin=True, again=dice.random() < 0.7)


def _create_user(users: Users, dice: random.Random) -> None:
    users.create("user", f"{K}/users", {"user": {"name": users.name("user")}}, dice, admin=True)


def _tag_server(users: Users, dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is not None:
        users.send("PUT", f"{V}/servers/{server_id}/metadata", {"metadata": {"a": str(dice.random())}}, again=False)


def _read(users: Users, dice: random.Random) -> None:
    path = dice.choice((f"{V}/servers/detail", f"{N}/ports", f"{I}/images", f"{V}/os-hypervisors"))
    users.send("GET", path, again=False, admin=path.endswith("hypervisors"))


_KINDS: dict[str, Callable[[Users, random.Random], None]] = {
    "create server": _create_server, "create servers": _create_servers, "delete server": _delete_server,
    "stop server": _act("os-stop"), "start server": _act("os-start"), "reboot server": _act("reboot", {"type": "SOFT"}),
    "pause server": _act("pause"), "unpause server": _act("unpause"), "suspend server": _act("suspend"),
    "resume server": _act("resume"), "save server": _save_server,
    "rebuild server": _rebuild_server, "rescue server": _rescue_server, "unrescue server": _act("unrescue"),
    "change server password": _act("changePassword", {"adminPass": "another"}),
    "guest goes off": _go_off, "force delete server": _act("forceDelete"),
    "attach card": _attach_card, "detach card": _detach_card,
    "shelve server": _act("shelve"), "unshelve server": _act("unshelve"), "resize server": _resize_server,
    "migrate server": _act("migrate", admin=True), "confirm resize": _act("confirmResize"),
    "revert resize": _act("revertResize"),
    "evacuate server": _evacuate, "live migrate server": _act("os-migrateLive", {"host": None, "block_migration": True, "disk_over_commit": False}, admin=True), "hard reboot server": _act("reboot", {"type": "HARD"}), "create network": _create_network,
    "delete network": _delete_network, "create port": _create_port, "delete port": _delete_port,
    "upload image": _upload_image, "delete image": _delete_image,
    "stage image": _stage_image, "web image": _web_image, "copy image": _copy_image, "locate image": _locate_image,
    "remote image": _remote_image, "define metadata": _define_metadata,
    "leave store": _leave_store,
    "share image": _share_image, "download image": _download_image, "create user": _create_user,
    "tag server": _tag_server, "read": _read, **loans.KINDS, **disks.KINDS, **copies.KINDS, **boots.KINDS,
    **routing.KINDS,
}  # fmt: skip
