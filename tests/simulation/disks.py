"""Volumes of a simulated cloud: what hosts hold of them, the backend through which agents change it, and users' calls.

What a host holds of volumes survives its agent. Every change is a boundary, and a call is made of several of them, so
that it can be half done.
"""

import contextlib
import itertools
import pathlib
import random
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cumulo.common import errors
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.volume_copies import BY_GUEST, SHUT, Copying
from cumulo.volume.agent.backend import Capacity, Copy, Stranger
from tests.simulation.kernel import Kernel
from tests.simulation.weather import Weather

if TYPE_CHECKING:
    from tests.simulation.calls import Users
    from tests.simulation.cloud import Cloud

B = "/volume/v3"
V = "/compute/v2.1"
NAME = "disks"
TOTAL_GIB = 1000
PATIENCE_S = 60.0
NEW = {"OpenStack_API_Version": "volume 3.58"}


_NUMBERS = itertools.count()  # runs follow one another in a process, and one finds nothing of another


class HeldVolumes:
    """What one host has of volumes."""

    def __init__(self) -> None:
        self.volumes: dict[str, int] = {}
        self.snapshots: set[str] = set()
        self.half_made: set[str] = set()
        self.strangers: dict[str, int] = {}  # what nobody manages, by name
        self.exports: set[str] = set()
        self.excused: set[str] = set()  # what may end in error: the host could not make it
        self.torn: list[str] = []  # copies that do not hold what they are of
        self.number = next(_NUMBERS)
        self.directory = pathlib.Path()

    def holdings(self) -> BackendHoldings:
        """Return what a backend would list."""
        return BackendHoldings(tuple(sorted(self.volumes.items())), tuple(sorted(self.snapshots)),
                               tuple(sorted(self.half_made)), tuple(sorted(self.exports)))


class SimData:
    """cumulo.volume.agent.backend.Source and Sink: the beginning of a volume."""

    def __init__(self, size_gib: int, begins: bytes) -> None:
        self.size_bytes = size_gib << 30
        self.begins = begins

    def extents(self) -> Iterator[tuple[int, int]]:
        """Give the beginning."""
        yield 0, len(self.begins)

    def read(self, offset: int, length: int) -> bytes:
        """Return the beginning, and zeros behind it."""
        return self.begins[offset:offset + length].ljust(length, b"\0")

    def write(self, offset: int, data: bytes) -> None:
        """Keep the beginning."""
        self.begins = self.begins or data


class SimBackend:
    """cumulo.volume.agent.backend.Backend over what a host holds."""

    def __init__(self, kernel: Kernel, weather: Weather, host: str, held: HeldVolumes) -> None:
        self._kernel, self._weather, self._host, self._held = kernel, weather, host, held

    def capabilities(self) -> dict[str, Any]:
        """Say what it is."""
        return {"volume_backend_name": NAME, "storage_protocol": "simulated", "vendor_name": "Cumulo", "driver_version": "1",
                "instant_snapshots": False, "copies_in_use": BY_GUEST}

    def capacity(self) -> Capacity:
        """Return what every host of the run has."""
        return Capacity(TOTAL_GIB, float(TOTAL_GIB - sum(self._held.volumes.values())))

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an empty volume."""
        self._add(volume_id, size_gib)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a copy of a volume."""
        self._needs(volume_id, source_id in self._held.volumes)
        self._add(volume_id, size_gib)

    def clone_by(self, copy: Copy, volume_id: str, source_id: str, size_gib: int) -> None:
        """Have a copy made by others."""
        if volume_id not in self._held.volumes:
            self._have_copied(copy, f"volume-{volume_id}", source_id)
            self._held.volumes[volume_id] = size_gib
            self._held.half_made.discard(volume_id)
        self._weather.boundary("create volume after")

    def snapshot_by(self, copy: Copy, snapshot_id: str, volume_id: str) -> None:
        """Have a copy made by others."""
        if snapshot_id not in self._held.snapshots:
            self._have_copied(copy, f"snapshot-{snapshot_id}", volume_id)
            self._held.snapshots.add(snapshot_id)
            self._held.half_made.discard(snapshot_id)
        self._weather.boundary("snapshot volume after")

    def copy_plainly(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy the file."""
        self._change("copy plainly")
        target.write_bytes(source.read_bytes())

    def half_made(self, its_id: str) -> tuple[pathlib.Path, ...]:
        """Return the files that copies go to."""
        return tuple(self._held.directory / f"{kind}-{its_id}.new" for kind in ("volume", "snapshot"))

    def _have_copied(self, copy: Copy, name: str, source_id: str) -> None:
        """Have a file written, and take what it says for what was copied."""
        self._needs("", source_id in self._held.volumes)
        its_id, target = name.partition("-")[2], self._held.directory / f"{name}.new"
        self._make(its_id)
        source = self._held.directory / source_id
        source.write_text(source_id)
        copy(source, target)
        if target.read_text() != source_id:
            self._held.torn.append(its_id)
        target.unlink()

    def restore(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Make a copy of a snapshot."""
        self._needs(volume_id, snapshot_id in self._held.snapshots)
        self._add(volume_id, size_gib)

    def fill(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Make a volume of an image."""
        self._add(volume_id, size_gib)

    def replace(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Give it what an image holds."""
        self._needs("", volume_id in self._held.volumes)
        self._rewrite(volume_id)

    def revert(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Give it what a snapshot holds."""
        self._needs("", volume_id in self._held.volumes and snapshot_id in self._held.snapshots)
        self._rewrite(volume_id)

    def discard(self, volume_id: str) -> None:
        """Leave nothing of what is half made."""
        self._change("discard")
        self._held.half_made.discard(volume_id)

    def _rewrite(self, volume_id: str) -> None:
        self._make(volume_id)
        self._held.half_made.discard(volume_id)
        self._weather.boundary("rewrite volume after")

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str, snapshot_id: str | None = None) -> None:
        """Write something to send."""
        self._change("copy volume out")
        if volume_id not in self._held.volumes or snapshot_id not in (None, *self._held.snapshots):
            raise errors.NotFound("no such volume")
        path.write_bytes(volume_id.encode())

    @contextlib.contextmanager
    def read(self, volume_id: str, snapshot_id: str | None = None) -> Iterator["SimData"]:
        """Give its id, which is all that it holds."""
        self._change("read volume")
        if volume_id not in self._held.volumes or snapshot_id not in (None, *self._held.snapshots):
            raise errors.NotFound("no such volume")
        yield SimData(self._held.volumes[volume_id], volume_id.encode())

    def write(self, volume_id: str, size_gib: int, fill: Callable[["SimData"], None], *, replace: bool = False) -> None:
        """Make a volume of what is written to it."""
        if volume_id not in self._held.volumes or replace:
            self._make(volume_id)
            fill(SimData(size_gib, b""))
            self._held.volumes[volume_id] = size_gib
            self._held.half_made.discard(volume_id)
        self._weather.boundary("write volume after")

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Make it larger."""
        self._change("extend volume")
        if volume_id not in self._held.volumes:
            raise errors.NotFound("no such volume")
        self._held.volumes[volume_id] = max(size_gib, self._held.volumes[volume_id])
        self._weather.boundary("extend volume after")

    def delete(self, volume_id: str) -> None:
        """Leave nothing of it."""
        self._change("delete volume")
        self.half_made(volume_id)[0].unlink(missing_ok=True)
        self._held.volumes.pop(volume_id, None)
        self._held.half_made.discard(volume_id)
        self._weather.boundary("delete volume after")

    def connection(self, volume_id: str, host: str, own_host: str) -> dict[str, Any]:
        """Say how it is opened: every host of the run sees the same."""
        self._change("open volume")
        if volume_id not in self._held.volumes:
            raise errors.NotFound("no such volume")
        return {"kind": "simulated"}

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Keep what it holds."""
        self._needs(snapshot_id, volume_id in self._held.volumes)
        if snapshot_id not in self._held.snapshots:
            self._make(snapshot_id)
            self._held.snapshots.add(snapshot_id)
            self._held.half_made.discard(snapshot_id)
        self._weather.boundary("snapshot volume after")

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Leave nothing of it."""
        self._change("delete volume snapshot")
        self.half_made(snapshot_id)[1].unlink(missing_ok=True)
        self._held.snapshots.discard(snapshot_id)
        self._held.half_made.discard(snapshot_id)
        self._weather.boundary("delete volume snapshot after")

    def strangers(self) -> tuple[Stranger, ...]:
        """Return what was given up."""
        return tuple(Stranger(name, size_gib) for name, size_gib in sorted(self._held.strangers.items()))

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Take over what was given up."""
        self._change("adopt volume")
        if volume_id not in self._held.volumes:
            if name not in self._held.strangers:
                raise errors.NotFound("no such stranger")
            self._held.volumes[volume_id] = self._held.strangers.pop(name)
        self._weather.boundary("adopt volume after")

    def release(self, volume_id: str, name: str) -> None:
        """Give it up."""
        self._change("release volume")
        if volume_id in self._held.volumes:
            self._held.strangers[name] = self._held.volumes.pop(volume_id)
        self._weather.boundary("release volume after")

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Take over what was given up."""
        self._change("adopt snapshot")
        if snapshot_id not in self._held.snapshots:
            if self._held.strangers.pop(name, None) is None:
                raise errors.NotFound("no such stranger")
            self._held.snapshots.add(snapshot_id)
        self._weather.boundary("adopt snapshot after")

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Give it up."""
        self._change("release snapshot")
        if snapshot_id in self._held.snapshots:
            self._held.snapshots.discard(snapshot_id)
            self._held.strangers[name] = 1
        self._weather.boundary("release snapshot after")

    def holdings(self) -> BackendHoldings:
        """Return what the host holds."""
        return self._held.holdings()

    def _add(self, volume_id: str, size_gib: int) -> None:
        if volume_id not in self._held.volumes:
            self._make(volume_id)
            self._held.volumes[volume_id] = size_gib
            self._held.half_made.discard(volume_id)
        self._weather.boundary("create volume after")

    def _make(self, its_id: str) -> None:
        self._change("make volume")
        self._held.half_made.add(its_id)
        self._change("fill volume")
        if self._host in self._weather.disk_full or self._weather.happens("create fails"):
            self._held.excused.add(its_id)
            raise errors.CommandFailed("no space left for the volume")

    def _needs(self, its_id: str, is_there: bool) -> None:
        self._change("look for volume")
        if its_id not in self._held.volumes and its_id not in self._held.snapshots and not is_there:
            raise errors.NotFound("what is to be copied is not there")

    def _change(self, what: str) -> None:
        slowest_s = self._weather.slow.get(self._host)
        if slowest_s:
            self._kernel.wait(self._weather.between(0.0, slowest_s))
        else:
            self._kernel.pause()
        self._weather.boundary(f"{what} before")


class SimExports:
    """cumulo.volume.agent.exports.interface.Exports over what a host holds."""

    def __init__(self, kernel: Kernel, weather: Weather, held: HeldVolumes) -> None:
        self._kernel, self._weather, self._held = kernel, weather, held

    def capabilities(self) -> dict[str, Any]:
        """Nothing changes by them."""
        return {}

    def open(self, volume_id: str, source: dict[str, Any]) -> dict[str, Any]:
        """Serve it."""
        self._change("export volume")
        self._held.exports.add(volume_id)
        self._weather.boundary("export volume after")
        return source

    def withdraw(self, volume_id: str) -> None:
        """Serve it no more."""
        self._change("withdraw volume")
        self._held.exports.discard(volume_id)
        self._weather.boundary("withdraw volume after")

    def can_copy(self) -> bool:
        """Say no: guests do."""
        return False

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say that it is not done here."""
        return Copying(SHUT)

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """Nothing is copied here."""

    def grown(self, volume_id: str) -> None:
        """Nothing: it has no size."""

    def wanted(self) -> tuple[str, ...]:
        """Return what is served."""
        return tuple(sorted(self._held.exports))

    def held(self) -> tuple[str, ...]:
        """Return what is served."""
        return tuple(sorted(self._held.exports))

    def keep(self) -> None:
        """Nothing dies but agents."""

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return none."""
        return {}

    def _change(self, what: str) -> None:
        self._kernel.pause()
        self._weather.boundary(f"{what} before")


class SimImages:
    """Images as they come from the image service."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def fetch(self, image: Mapping[str, Any], progress: Callable[[float], None]) -> pathlib.Path:
        """Download an image, and forget it."""
        answer = self._cloud.request("GET", "/image" + image["url"].partition("/image")[2], None, {"X-Auth-Token": image["token"]})
        if answer is None or answer.status >= 500:
            raise errors.Retry("the image service does not answer")
        if answer.status >= 300:
            raise errors.NotFound(f"the image is gone ({answer.status})")
        progress(100.0)
        return pathlib.Path("image")

    def tidy(self, limit: int) -> None:
        """Nothing is kept."""


def _create(users: "Users", dice: random.Random) -> None:
    body: dict[str, Any] = {"name": users.name("volume"), "size": dice.randint(1, 3)}
    kind = dice.choice(("nothing", "nothing", "image", "snapshot", "volume"))
    source = users.setting.image if kind == "image" else users.one(kind, dice) if kind != "nothing" else None
    if source is not None:
        body[{"image": "imageRef", "snapshot": "snapshot_id", "volume": "source_volid"}[kind]] = source
        body["size"] = 9  # enough for whatever it is made of
    users.create("volume", f"{B}/volumes", {"volume": body}, dice, may_be=(400,))


def _snap(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        body = {"name": users.name("snapshot"), "volume_id": volume_id, "force": True}  # also of one in use
        users.create("snapshot", f"{B}/snapshots", {"snapshot": body}, dice, may_be=(400,), owners=(f"volume {volume_id}",))


def _drop_snap(users: "Users", dice: random.Random) -> None:
    snapshot_id = users.one("snapshot", dice)
    if snapshot_id is not None:
        users.delete("snapshot", f"{B}/snapshots/{snapshot_id}", snapshot_id, may_be=(400, 401))


def _delete(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        # 400: something is done to it; nothing was promised then.
        cascade = "?cascade=true" if dice.random() < 0.5 else ""
        users.delete("volume", f"{B}/volumes/{volume_id}{cascade}", volume_id, may_be=(400, 401))


def _extend(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        users.send("POST", f"{B}/volumes/{volume_id}/action", {"os-extend": {"new_size": dice.randint(2, 9)}},
                   again=dice.random() < 0.5, may_be=(400,))


def _attach(users: "Users", dice: random.Random) -> None:
    server_id, volume_id = users.one("server", dice), users.one("volume", dice)
    if server_id is not None and volume_id is not None:
        body = {"volumeAttachment": {"volumeId": volume_id}}
        users.send("POST", f"{V}/servers/{server_id}/os-volume_attachments", body, again=dice.random() < 0.3, may_be=(400,))


def _detach(users: "Users", dice: random.Random) -> None:
    server_id = users.one("server", dice)
    if server_id is None:
        return
    path = f"{V}/servers/{server_id}/os-volume_attachments"
    answer = users.send("GET", path, again=False)
    found = answer.body["volumeAttachments"] if answer is not None and answer.status == 200 else []
    if found:
        volume_id = dice.choice(found)["volumeId"]
        users.known["volume"] += [volume_id] if volume_id not in users.known["volume"] else []
        users.send("DELETE", f"{path}/{volume_id}", again=dice.random() < 0.5, may_be=(400,))  # what it boots from


def _swap(users: "Users", dice: random.Random) -> None:
    """Swap a volume of a server for another one."""
    server_id, volume_id = users.one("server", dice), users.one("volume", dice)
    path = f"{V}/servers/{server_id}/os-volume_attachments"
    answer = users.send("GET", path, again=False) if server_id is not None and volume_id is not None else None
    found = answer.body["volumeAttachments"] if answer is not None and answer.status == 200 else []
    if found:
        old = dice.choice(found)["volumeId"]
        users.known["volume"] += [] if old in users.known["volume"] else [old]  # which is nobody's afterwards
        users.send("PUT", f"{path}/{old}", {"volumeAttachment": {"volumeId": volume_id}}, admin=True,
                   again=dice.random() < 0.3, may_be=(400,))


def _upload(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        body = {"os-volume_upload_image": {"image_name": users.name("image"), "disk_format": "raw"}}
        answer = users.send("POST", f"{B}/volumes/{volume_id}/action", body, again=False, may_be=(400,))
        if answer is not None and answer.status == 202:
            users.known["image"].append(answer.body["os-volume_upload_image"]["image_id"])


def _transfer(users: "Users", dice: random.Random) -> None:
    """Offer a volume, and take it, or take the offer back, or do neither."""
    volume_id = users.one("volume", dice)
    if volume_id is None:
        return
    answer = users.send("POST", f"{B}/os-volume-transfer", {"transfer": {"volume_id": volume_id}}, again=False, may_be=(400,))
    if answer is None or answer.status != 202:
        return
    offered = answer.body["transfer"]
    users.cloud.kernel.wait(dice.uniform(0.0, 2.0))
    path = f"{B}/os-volume-transfer/{offered['id']}"
    if dice.random() < 0.6:
        users.send("POST", f"{path}/accept", {"accept": {"auth_key": offered["auth_key"]}}, again=dice.random() < 0.5, may_be=(400,))
    elif dice.random() < 0.7:
        users.send("DELETE", path, again=dice.random() < 0.5)


def take_back(users: "Users") -> None:
    """Take every offer back: what is offered cannot be deleted."""
    answer = users.send("GET", f"{B}/os-volume-transfer")
    for each in answer.body["transfers"] if answer is not None and answer.status == 200 else ():
        users.send("DELETE", f"{B}/os-volume-transfer/{each['id']}")


def _group(users: "Users", dice: random.Random) -> None:
    """Make a group with volumes, perhaps a snapshot of it, and perhaps delete all of it again."""
    for path, kind in (("types", "volume_type"), ("group_types", "group_type")):  # whoever comes later finds them there
        users.send("POST", f"{B}/{path}", {kind: {"name": "grouped"}}, admin=True, **NEW)
    body = {"group": {"name": users.name("group"), "group_type": "grouped", "volume_types": ["grouped"]}}
    answer = users.send("POST", f"{B}/groups", body, again=False, may_be=(400,), **NEW)
    if answer is None or answer.status != 202:
        return
    group_id = answer.body["group"]["id"]
    for _ in range(dice.randint(1, 2)):
        volume = {"name": users.name("volume"), "size": 1, "volume_type": "grouped", "group_id": group_id}
        users.create("volume", f"{B}/volumes", {"volume": volume}, dice, may_be=(400,), owners=(f"volume_group {group_id}",),
                     **NEW)
    users.cloud.kernel.wait(dice.uniform(0.0, 5.0))
    if dice.random() < 0.5:
        users.send("POST", f"{B}/group_snapshots", {"group_snapshot": {"group_id": group_id, "name": "s"}}, again=False,
                   may_be=(400,), **NEW)
    if dice.random() < 0.5:
        users.send("POST", f"{B}/groups/action", {"create-from-src": {"name": "copy", "source_group_id": group_id}}, again=False,
                   may_be=(400,), **NEW)
    if dice.random() < 0.5:
        users.cloud.kernel.wait(dice.uniform(0.0, 5.0))
        users.deleting.add(f"volume_group {group_id}")
        users.send("POST", f"{B}/groups/{group_id}/action", {"delete": {"delete-volumes": True}}, again=dice.random() < 0.5,
                   may_be=(400,), **NEW)


def ungroup(users: "Users") -> None:
    """Delete all snapshots of groups, take the volumes from groups and delete these: what is left has no group."""
    until = users.cloud.kernel.elapsed_s + PATIENCE_S
    while users.cloud.kernel.elapsed_s < until:
        snapshots, groups = (_listed(users, kind) for kind in ("group_snapshots", "groups"))
        if not snapshots and not groups:
            return
        for each in snapshots:
            users.send("DELETE", f"{B}/group_snapshots/{each['id']}", may_be=(400,), **NEW)
        for each in groups if not snapshots else ():
            _empty(users, each["id"])
        users.cloud.kernel.wait(1.0)


def _empty(users: "Users", group_id: str) -> None:
    path = f"{B}/groups/{group_id}"
    shown = users.send("GET", f"{path}?list_volume=true", **NEW)
    volumes = shown.body["group"]["volumes"] if shown is not None and shown.status == 200 else []
    if volumes:
        users.send("PUT", path, {"group": {"remove_volumes": ",".join(volumes)}}, may_be=(400,), **NEW)
    users.send("POST", f"{path}/action", {"delete": {"delete-volumes": _is_deleting(shown)}}, may_be=(400,), **NEW)


def _is_deleting(answer: Any) -> bool:
    return answer is not None and answer.status == 200 and "deleting" in answer.body["group"]["status"]


def _listed(users: "Users", kind: str) -> list[dict[str, Any]]:
    answer = users.send("GET", f"{B}/{kind}", **NEW)
    return answer.body[kind] if answer is not None and answer.status == 200 else []


def _rename(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        users.send("PUT", f"{B}/volumes/{volume_id}", {"volume": {"description": str(dice.random())}}, again=False)


def _revert(users: "Users", dice: random.Random) -> None:
    snapshot_id = users.one("snapshot", dice)
    answer = users.send("GET", f"{B}/snapshots/{snapshot_id}", again=False) if snapshot_id is not None else None
    if answer is not None and answer.status == 200:
        path = f"{B}/volumes/{answer.body['snapshot']['volume_id']}/action"
        users.send("POST", path, {"revert": {"snapshot_id": snapshot_id}}, again=dice.random() < 0.3, may_be=(400,),
                   OpenStack_API_Version="volume 3.40")


def _reimage(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is not None:
        users.send("POST", f"{B}/volumes/{volume_id}/action", {"os-reimage": {"image_id": users.setting.image}},
                   again=dice.random() < 0.3, may_be=(400,), OpenStack_API_Version="volume 3.68")


def _migrate(users: "Users", dice: random.Random) -> None:
    volume_id, host = users.one("volume", dice), dice.choice(sorted(users.cloud.hosts.by_name))
    if volume_id is not None:
        users.send("POST", f"{B}/volumes/{volume_id}/action", {"os-migrate_volume": {"host": f"{host}@{NAME}"}}, admin=True,
                   again=dice.random() < 0.5, may_be=(400,))


def _unmanage(users: "Users", dice: random.Random) -> None:
    """Give a volume or a snapshot up: it goes, as with a deletion."""
    kind = dice.choice(("volume", "snapshot"))
    its_id = users.one(kind, dice)
    if its_id is not None:
        users.deleting |= {its_id, f"{kind} {its_id}"}
        users.send("POST", f"{B}/{kind}s/{its_id}/action", {"os-unmanage": {}}, admin=True, again=False, may_be=(400,))


def _manage(users: "Users", dice: random.Random) -> None:
    """Take over what was given up on a host."""
    backend = f"{dice.choice(sorted(users.cloud.hosts.by_name))}@{NAME}"
    answer = users.send("GET", f"{B}/os-volume-manage?host={backend}", admin=True, again=False, may_be=(400,))
    found = answer.body["manageable-volumes"] if answer is not None and answer.status == 200 else []
    free = [each["reference"] for each in found if each["safe_to_manage"]]
    if free:
        body = {"host": backend, "ref": dice.choice(free), "name": users.name("volume")}
        users.send("POST", f"{B}/os-volume-manage", {"volume": body}, admin=True, again=False, may_be=(400,))


KINDS: dict[str, Callable[["Users", random.Random], None]] = {
    "create volume": _create, "delete volume": _delete, "extend volume": _extend, "describe volume": _rename,
    "upload volume": _upload, "attach volume": _attach, "detach volume": _detach, "swap volume": _swap, "snapshot volume": _snap, "delete snapshot": _drop_snap,
    "transfer volume": _transfer, "group volumes": _group,
    "revert volume": _revert, "reimage volume": _reimage,
    "migrate volume": _migrate, "unmanage volume": _unmanage, "manage volume": _manage,
}
