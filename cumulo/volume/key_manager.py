"""What keeps the keys of encrypted volumes where that is another service: asked outside of every transaction.

A row of a key comes first. The key itself is made, and given to the key manager under the row's name, when somebody first
asks for it: so whoever is killed between the two finds it there again by its name. A row that nobody has any more stays
until the key manager has forgotten what it is the last of to name. So neither a creation nor a deletion is held up for ever,
and what the key manager has is what the rows say once it answers again.
"""

from typing import Protocol

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors, log
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.volume import volume_key
from cumulo.common.ids import Ids
from cumulo.volume import keys
from cumulo.volume.barbican import Barbican

LOG = log.get(__name__)
MOST_AT_ONCE = 50


class SecretStore(Protocol):
    """A key manager. Raises Retry for what may pass, Forbidden for what it refuses, Gone for what is not there."""

    def keep(self, name: str, passphrase: str) -> str:
        """Store a passphrase and return what it is called there."""

    def find(self, name: str) -> list[str]:
        """Return what those of this name are called."""

    def read(self, secret: str) -> str:
        """Return a passphrase."""

    def remove(self, secret: str) -> None:
        """Have none; idempotent."""


def store_of(conf: cfg.ConfigOpts) -> SecretStore | None:
    """Return the key manager that the options name, if any: also where it keeps no new keys it may have older ones."""
    return Barbican(conf["keys"]) if conf["keys"].barbican_endpoint else None


class KeyManager:
    """Opens keys, wherever they are, and has those forgotten that nobody has any more."""

    def __init__(self, database: Database, conf: cfg.ConfigOpts, ids: Ids, store: SecretStore | None) -> None:
        self._database, self._conf, self._ids, self._store = database, conf, ids, store

    def passphrase(self, volume_id: str) -> str:
        """Return what a volume is opened with; raises NotFound, Gone, Forbidden, Retry, and ServiceUnavailable without a master key."""
        with self._database.read() as connection:
            row = dict(keys.get(connection, keys.of_the_volume(volume_id)))
        if row["sealed"] is not None:
            return keys.opened(self._conf, row)
        secret = row["secret"] or self._make(row["id"])
        try:
            return self._needed().read(secret)
        except errors.Gone as failure:
            raise errors.Gone(f"The key of volume {volume_id} is in the key manager no more: nobody can read what it holds.") from failure

    def _make(self, key_id: str) -> str:
        """Have the key manager keep a new key, unless it has it; return what it is called there."""
        store = self._needed()
        found = store.find(_name(key_id)) or [store.keep(_name(key_id), keys.new_passphrase(self._ids))]
        with self._database.write() as connection:
            mine = volume_key.c.id == key_id
            connection.execute(sa.update(volume_key).where(mine, volume_key.c.secret.is_(None)).values(secret=found[0]))
            # Of two that made one at once the first has said which it is; the other goes with the row.
            said = connection.execute(sa.select(volume_key.c.secret).where(mine)).scalar()
        if said is None:
            raise errors.NotFound("The volume is gone.")
        return str(said)

    def _needed(self) -> SecretStore:
        if self._store is None:
            raise errors.ServiceUnavailable("The key is kept by a key manager, and [keys] barbican_endpoint names none.")
        return self._store

    def run_once(self) -> int:
        """Have the key manager forget what nobody has any more; return how many rows went. Raises Retry, Forbidden."""
        if self._store is None:
            return 0
        with self._database.read() as connection:
            found = keys.abandoned(connection, MOST_AT_ONCE)
        for key_id in found:
            self._forget(self._store, key_id)
        return len(found)

    def _forget(self, store: SecretStore, key_id: str) -> None:
        own = self._alone(key_id)
        for secret in sorted({*own, *(each for each in store.find(_name(key_id)) if not self._is_named(each, key_id))}):
            store.remove(secret)
        with self._database.write() as connection:
            connection.execute(sa.delete(volume_key).where(volume_key.c.id == key_id))
        LOG.info("volume_key_forgotten", key=key_id)

    def _alone(self, key_id: str) -> list[str]:
        """Return the secret that a row is the last of to name, if it is; else the row names it no more."""
        with self._database.write() as connection:
            row = connection.execute(sa.select(volume_key).where(volume_key.c.id == key_id)).mappings().first()
            if row is None or row["secret"] is None:
                return []
            sharing = sa.select(volume_key.c.id).where(volume_key.c.secret == row["secret"]).order_by(volume_key.c.id)
            others = [each for each in connection.execute(sharing.with_for_update()).scalars() if each != key_id]
            if not others and not row["is_borrowed"]:
                return [row["secret"]]
            connection.execute(sa.update(volume_key).where(volume_key.c.id == key_id).values(secret=None))
            return []

    def _is_named(self, secret: str, key_id: str) -> bool:
        with self._database.read() as connection:
            query = sa.select(volume_key.c.id).where(volume_key.c.secret == secret, volume_key.c.id != key_id)
            return connection.execute(query.limit(1)).first() is not None


def _name(key_id: str) -> str:
    return f"cumulo volume key {key_id}"
