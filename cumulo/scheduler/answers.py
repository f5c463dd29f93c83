"""What agents may ask the scheduler: to be known, to be heard, and to read what concerns their host.

Agents have no database access; these calls are all they see of it. Each only
reads, or notes what an agent said of itself.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import compute_host
from cumulo.common.db.tables.network import network_host
from cumulo.common.db.tables.volume import volume_backend
from cumulo.common.operations import lease, store
from cumulo.common.runtime import Runtime
from cumulo.compute import servers
from cumulo.identity import catalog, tokens
from cumulo.image import images, imports
from cumulo.network import desired, hosts
from cumulo.scheduler import facts, migrating, power_sync, volume_moves
from cumulo.scheduler.heartbeats import Heartbeats, register_compute_host
from cumulo.scheduler.runner import Runner
from cumulo.volume import attachments, backends, backups, keys, server_volumes
from cumulo.volume.key_manager import KeyManager

KINDS = ("compute", "network", "image", "volume", "api")
UPLOAD_TOKEN_S = 300  # an upload's token is looked at when it begins


class Answers:
    """The methods served at the target "scheduler"."""

    def __init__(self, runtime: Runtime, database: Database, runner: Runner, heartbeats: Heartbeats, volume_keys: KeyManager) -> None:
        self._runtime = runtime
        self._database = database
        self._runner = runner
        self._heartbeats = heartbeats
        self._volume_keys = volume_keys

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Every method by its name on the bus."""
        return {
            "ring": self.ring,
            "ping": self.ping,
            "register_host": self.register_host,
            "heartbeat": self.heartbeat,
            "confirm_step": self.confirm_step,
            "server_facts": self.server_facts,
            "upload_access": self.upload_access,
            "volume_image": self.volume_image,
            "exports_needed": self.exports_needed,
            "volume_users": self.volume_users,
            "volume_encryption": self.volume_encryption,
            "volume_move": self.volume_move,
            "migration_orders": self.migration_orders,
            "metadata_for": self.metadata_for,
            "keep_guest_password": self.keep_guest_password,
            "network_desired": self.network_desired,
            "network_applied": self.network_applied,
            "staging_needed": self.staging_needed,
            "import_wanted": self.import_wanted,
            "remote_images": self.remote_images,
            "work_wanted": self.work_wanted,
            "backups_needed": self.backups_needed,
        }

    def ring(self, call: Any, what: str = "", **facts_of_bell: Any) -> None:
        """Somebody committed something to do."""
        self._runner.wake()

    def ping(self, call: Any) -> dict[str, Any]:
        """Say who answers."""
        return {"host": self._runtime.host}

    def register_host(self, call: Any, host: str, kind: str, inventory: dict[str, Any] | None = None) -> None:
        """An agent has started, or what its host has was changed: what waits for it is tried at once. Idempotent."""
        _check_kind(kind)
        with self._database.write() as connection:
            now = self._database.now(connection)
            if kind == "compute":
                register_compute_host(connection, now, self._runtime.ids.new_id(), host, inventory or {})
            if kind == "network":
                hosts.register(connection, now, host, inventory or {})
            if kind == "volume":
                backends.register(connection, self._runtime.ids, now, host, inventory or {})
            lease.hasten(connection, now, host)
        self._heartbeats.heard(host, kind, {}, restarted=True)
        self._runner.wake()

    def heartbeat(
        self, call: Any, host: str, kind: str, state: dict[str, Any] | None = None, **said: Any
    ) -> dict[str, Any]:
        """An agent lives; {"registered": False} asks it to register again.

        What it says of itself, in `state` or by name, is kept with its last sign of life.
        """
        _check_kind(kind)
        self._heartbeats.heard(host, kind, (state or {}) | said)
        if kind == "compute" and power_sync.notice(self._database, self._runtime.ids, host, said.get("servers") or {}):
            self._runner.wake()
        return {"registered": self._is_registered(host, kind)}

    def confirm_step(self, call: Any, operation: str, epoch: int) -> None:
        """Say whether an operation stands at an epoch, which a step sent under it may then rely on; else Conflict."""
        with self._database.read() as connection:
            lease.confirm(connection, operation, epoch)

    def server_facts(self, call: Any, server_id: str) -> dict[str, Any]:
        """Everything a compute agent needs to boot a server; boot_image is another image an operation boots it from.

        While an operation brings a server to a host, its volumes are told as that host opens them.
        """
        with self._database.read() as connection:
            running = store.active(connection, server_id)
            found = facts.server_facts(connection, server_id, self._image_access, server_volumes.opened(running))
            boot_image = running["state"].get("boot_image") if running else None
            return found | {"boot_image": facts.image_facts(
                connection, found["project_id"], boot_image, self._image_access)}

    def upload_access(self, call: Any, server_id: str) -> dict[str, Any]:
        """How to upload the image that a server, or a volume, is being saved as: {"url", "token", "status"}; raises NotFound.

        Only for the operation under way: an agent gets a token that may write for as long as it has something to.
        """
        conf = self._runtime.conf
        with self._database.read() as connection:
            running = store.active(connection, server_id)
            if running is None or "image_id" not in running["state"]:
                raise errors.NotFound(f"Server {server_id} is not being saved.")
            image = images.get_image(connection, running["state"]["image_id"])
        token = tokens.issue_service_token(
            conf, self._runtime.clock, project_id=image["owner"], roles=("service", "member"), ttl_s=UPLOAD_TOKEN_S)
        return {"url": f"{conf.scheduler.image_url}/v2/images/{image['id']}/file", "token": token,
                "status": image["status"]}

    def volume_image(self, call: Any, volume_id: str) -> dict[str, Any]:
        """The image that a volume is being made of, and how to download it; raises NotFound.

        Only for the operation under way: an agent gets a token for as long as it has something to read.
        """
        with self._database.read() as connection:
            running = store.active(connection, volume_id)
            source = (running["state"].get("source") or {}) if running else {}
            if running is None or source.get("kind") != "image":
                raise errors.NotFound(f"Volume {volume_id} is not being made of an image.")
            found = facts.image_facts(connection, running["project_id"] or "", source["id"], self._image_access)
        return found or {}

    def volume_move(self, call: Any, volume_id: str) -> dict[str, Any]:
        """From where and whither a volume is being copied: {"backend", "target"}; raises NotFound."""
        with self._database.read() as connection:
            return volume_moves.on_the_move(connection, volume_id)

    def exports_needed(self, call: Any, host: str, without: str | None = None) -> dict[str, dict[str, bool]]:
        """The volumes on a host that somebody may open: by id and backend, whether they are attached; without an attachment, if one
        is given."""
        with self._database.read() as connection:
            return attachments.needed(connection, host, without)

    def volume_users(self, call: Any, volume_id: str) -> list[dict[str, Any]]:
        """Who uses a volume, or is about to: {"server_id", "host"} of each, null where there is none."""
        with self._database.read() as connection:
            return attachments.users(connection, volume_id)

    def volume_encryption(self, call: Any, volume_id: str, with_key: bool = False) -> dict[str, Any]:
        """How a volume is encrypted, and with_key its passphrase; nothing of one that is not. Raises NotFound."""
        with self._database.read() as connection:
            found = keys.of_volume(connection, volume_id)
        return found | {"passphrase": self._volume_keys.passphrase(volume_id)} if found and with_key else found

    def migration_orders(self, call: Any, server_id: str) -> dict[str, Any]:
        """Whether moving a running server is to be stopped, or to be over sooner."""
        with self._database.read() as connection:
            return migrating.orders(connection, server_id)

    def metadata_for(self, call: Any, network_id: str, address: str) -> dict[str, Any] | None:
        """The facts of the server that asks from an address, without what would open its images."""
        with self._database.read() as connection:
            server_id = facts.server_at(connection, network_id, address)
            return None if server_id is None else facts.server_facts(connection, server_id, facts.no_access)

    def keep_guest_password(self, call: Any, network_id: str, address: str, password: str) -> None:
        """Keep what a guest says its password is, sealed for its owner; raises Conflict where one is kept already."""
        if len(password) > servers.LONGEST_GUEST_PASSWORD:
            raise errors.BadRequest("The password is too long.")
        with self._database.write() as connection:
            server_id = facts.server_at(connection, network_id, address)
            if server_id is None:
                raise errors.NotFound(f"No server of network {network_id} has the address {address}.")
            servers.keep_guest_password(connection, server_id, password)

    def network_desired(self, call: Any, host: str, since_revision: int | None = None,
                        known: desired.Known | None = None) -> dict[str, Any]:
        """What a host must look like: what changed, and what is not among the ids that it knows."""
        with self._database.read() as connection:
            return desired.desired(connection, host, since_revision, known)

    def network_applied(self, call: Any, host: str, revision: int) -> None:
        """A host looks as this revision says."""
        with self._database.write() as connection:
            desired.applied(connection, self._database.now(connection), host, revision)

    def staging_needed(self, call: Any, host: str) -> list[str]:
        """The names of the data on a host that is staged there or being imported."""
        with self._database.read() as connection:
            return sorted(imports.staged_names(connection, host))

    def import_wanted(self, call: Any, image_id: str) -> bool:
        """Whether an import of an image still goes on, or its agent may as well stop."""
        with self._database.read() as connection:
            return imports.is_wanted(connection, image_id)

    def work_wanted(self, call: Any, resource_id: str) -> bool:
        """Whether what is done to a resource still goes on, or its agent may as well stop."""
        with self._database.read() as connection:
            return store.is_wanted(connection, resource_id)

    def backups_needed(self, call: Any, locations: list[str]) -> list[str]:
        """Which of these locations on a target a backup names, or may come to name."""
        with self._database.read() as connection:
            return backups.named(connection, locations)

    def remote_images(self, call: Any, image_id: str) -> dict[str, str]:
        """How to open the other region's image service that an import reads from: {"url", "token"}.

        Raises NotFound where no such import is under way, or the catalog of who asked for it has no such service.
        """
        with self._database.read() as connection:
            running = store.active(connection, image_id)
            if running is None or not running["state"].get("sealed_token"):
                raise errors.NotFound(f"Image {image_id} is not being imported from another region.")
            state, who = running["state"], {"user_id": running["user_id"] or "", "project_id": running["project_id"]}
            url = catalog.url_of(connection, "image", state["region"], state["interface"], **who)
        return {"url": url, "token": tokens.unsealed(self._runtime.conf, state["sealed_token"])}

    def _is_registered(self, host: str, kind: str) -> bool:
        wanted = {"compute": compute_host.c.name == host, "volume": volume_backend.c.host == host,
                  "network": sa.and_(network_host.c.host == host, network_host.c.types.is_not(None))}.get(kind)
        if wanted is None:
            return True
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.literal(1)).where(wanted).limit(1)).first() is not None

    def _image_access(self, project_id: str, image_id: str) -> dict[str, Any]:
        conf = self._runtime.conf
        token = tokens.issue_service_token(conf, self._runtime.clock, project_id=project_id)
        return {"url": f"{conf.scheduler.image_url}/v2/images/{image_id}/file", "token": token}


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise errors.BadRequest(f"There are no services of kind {kind}.")
