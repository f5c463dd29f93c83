"""What a handler may use, handed to every application of a process."""

import dataclasses
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.image.cache import ImageCache
from cumulo.image.store.protocol import Store
from cumulo.image.stores import Stores

if TYPE_CHECKING:
    from cumulo.api.wsgi.policy import Policy
    from cumulo.common.rpc.bus import Bus


class TokenValidator(Protocol):
    """Turns a token into the context of its holder, and knows the projects that tokens are for."""

    def validate(self, token_id: str) -> Context:
        """Return who holds the token; raises Unauthorized."""

    def hold(self, connection: sa.Connection, project_id: str) -> None:
        """Keep a project from being deleted until the transaction ends; raises Conflict when it is gone."""

    def hold_known(self, connection: sa.Connection, project_id: str) -> bool:
        """Hold a project if it is there, and say whether it is."""

    def keep(self, token_id: str) -> str:
        """Return a token as the database may hold it."""


@dataclasses.dataclass
class Services:
    """The outside world of the API process."""

    conf: cfg.ConfigOpts
    database: Database
    bus: "Bus"
    clock: Clock
    ids: Ids
    threads: Threads
    tokens: TokenValidator
    policy: "Policy"
    image_stores: Stores
    image_staging: Store
    image_cache: ImageCache | None = None
