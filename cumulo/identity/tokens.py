"""Tokens: making them, and telling whether one is good.

Opening a token needs only the keys. The first time a process meets one it also asks the database
who holds it and which roles they have; after that, until something changes, nothing is asked at all.

Whether anything has changed (revocations.py) is known for revocation_refresh_s at a time:

    keep_fresh()  asks the database when half of that has passed, beside the requests
    inspect()     asks it itself when all of it has passed, and refuses where there is no answer
    Changes       tells at once what another process of this host has changed

So no request waits for the database while it can be reached, and no token is good for longer than
revocation_refresh_s after it was revoked anywhere, whatever becomes of the bus and the database.
"""

import collections
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from oslo_config import cfg

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.identity import delegations, payload, projects, receipts
from cumulo.identity.attempts import Attempts
from cumulo.identity.changes import BYTES, Changes
from cumulo.identity.keys import KeyRepository
from cumulo.identity.lookup import Facts
from cumulo.identity.memory import Memory
from cumulo.identity.model import LOGIN_REFUSED, OWN_RIGHTS, ApplicationCredential, Delegation, Named, Role, Scope
from cumulo.identity.passwords import PasswordCheck
from cumulo.identity.payload import Payload
from cumulo.identity.receipts import Receipt
from cumulo.identity.revocations import Revocations, grant_subject

LOG = log.get(__name__)
SERVICE_USER_ID = "cumulo-service"
DEFAULT_DOMAIN_ID = "default"


@dataclasses.dataclass(frozen=True)
class Token:
    """A good token: what is sealed in it and what is known about its holder."""

    payload: Payload
    facts: Facts

    @functools.cached_property
    def context(self) -> Context:
        """The caller this token stands for."""
        user, project, scope = self.facts.user, self.facts.project, self.payload.scope
        roles = tuple(role.name for role in self.facts.roles)
        return Context(
            user_id=user.id, user_name=user.name, user_domain_id=user.domain_id,
            project_id=project.id if project else None, project_name=project.name if project else None,
            project_domain_id=project.domain_id if project else None,
            domain_id=scope.id if scope.kind == "domain" else None,
            system_scope=scope.id if scope.kind == "system" else None,
            roles=roles, is_admin="admin" in roles, token_expires_at=self.payload.expires_at,
            audit_ids=self.payload.audit_ids, trust_id=self.payload.delegation.trust_id or None,
            **_limits(self.facts.application_credential, self.payload.delegation))


@dataclasses.dataclass(frozen=True)
class _Known:
    """A token found good, and what was made of it since."""

    token: Token
    made: dict[str, bytes] = dataclasses.field(default_factory=dict)


class Validator:
    """Tells good tokens from bad ones in one process, and makes new ones."""

    def __init__(self, conf: cfg.ConfigOpts, database: Database, clock: Clock, ids: Ids | None = None,
                 changes: Changes | None = None) -> None:
        self.conf = conf
        self.ids = ids or Ids()
        self.passwords = PasswordCheck(conf, clock, self.ids)
        self.memory = Memory()
        self._database = database
        self._clock = clock
        self._keys = KeyRepository(conf.identity.fernet_key_dir)
        self.credential_keys = KeyRepository(conf.identity.credential_key_dir)
        self.attempts = Attempts(conf, clock)
        self._revocations = Revocations()
        self._refresh_s: float = conf.identity.revocation_refresh_s
        self._fresh_until = 0.0
        self._is_in_use = False
        self._changes = changes or Changes()
        self._change_seen = self._changes.latest
        self._known: collections.OrderedDict[str, _Known] = collections.OrderedDict()

    def validate(self, token_id: str) -> Context:
        """Return who holds the token; raises Unauthorized."""
        return self.inspect(token_id).context

    def hold(self, connection: sa.Connection, project_id: str) -> None:
        """Keep a project from being deleted until the transaction ends; raises Conflict when it is gone."""
        projects.hold(connection, project_id)

    def hold_known(self, connection: sa.Connection, project_id: str) -> bool:
        """Hold a project if it is there, and say whether it is."""
        return projects.hold_known(connection, project_id)

    def inspect(self, token_id: str, *, fresh: bool = False) -> Token:
        """Return what is known about a token; raises Unauthorized unless it is good.

        fresh: what other processes revoked a moment ago counts too.
        """
        self._is_in_use = True
        if fresh or self._is_stale():
            self._refresh()
        known = self._known.get(token_id)
        token = known.token if known is not None else self._examine(token_id)
        if token.payload.expires_at <= self._clock.now():
            raise errors.Unauthorized(LOGIN_REFUSED)
        return token

    def made_of(self, token_id: str, what: str, make: Callable[[], bytes]) -> bytes:
        """Return something made of a token and of the catalog, remembered until anything changes."""
        known = self._known.get(token_id)
        if known is None:
            return make()
        if what not in known.made:
            known.made[what] = make()  # a refresh meanwhile has forgotten this entry, and what is put in it
        return known.made[what]

    def learn(self, token_id: str, token: Token) -> None:
        """Know a token that this process has just made, unless what it was made from is of another generation."""
        if token.payload.generation == self.generation:
            self._know(token_id, token)

    def forget(self) -> None:
        """Ask the database before the next answer, here and in the other processes of this host: this one has
        just changed something."""
        self._changes.mark(self.ids.random_bytes(BYTES))

    def keep_fresh(self) -> None:
        """Ask ahead, ever again, whether anything has changed, so that requests need not."""
        while True:
            self._clock.sleep(self._refresh_s / 4 or 1.0)
            try:
                self.refresh_ahead()
            except errors.DatabaseUnavailable:  # logged where it was met; requests find out for themselves, and refuse
                continue
            except Exception:
                LOG.exception("refresh_failed")

    def refresh_ahead(self) -> None:
        """Ask whether anything has changed, where requests rely on an answer that is half as old as it may be."""
        self.passwords.drop_old()
        if self._is_in_use and self._clock.monotonic() >= self._fresh_until - self._refresh_s / 2:
            self._is_in_use = False
            self._refresh()

    @property
    def clock(self) -> Clock:
        """Return what tells when tokens and passwords end."""
        return self._clock

    @property
    def database(self) -> Database:
        """Return the database itself, whatever transaction a request may be done in."""
        return self._database

    @property
    def generation(self) -> int:
        """Return the generation this process has read up to."""
        return self._revocations.generation

    def seal_receipt(self, user_id: str, methods: tuple[str, ...], generation: int) -> tuple[str, Receipt]:
        """Return a receipt for the factors somebody has shown."""
        now = self._clock.now()
        made = Receipt(user_id, methods, now, now + self.conf.identity.receipt_ttl_s, generation)
        return receipts.seal(self._keys.fernet(), made), made

    def open_receipt(self, text: str) -> Receipt:
        """Return a receipt; raises Unauthorized unless it is good, and nothing has refused its user since."""
        found = receipts.open_receipt(self._keys.fernet(), text, self._clock.now())
        self._refresh()
        if self._revocations.refuses(found.generation, "user", found.user_id):
            raise errors.Unauthorized(LOGIN_REFUSED)
        return found

    def keep(self, token_id: str) -> str:
        """Return a token as the database may hold it for what is done later in its holder's name: see unsealed()."""
        return self._keys.fernet().encrypt(token_id.encode()).decode()

    def seal(self, content: Payload) -> str:
        """Return the token of a payload."""
        return payload.seal(self._keys.fernet(), content)

    def new_payload(self, user_id: str, methods: tuple[str, ...], scope: Scope, *, generation: int,
                    expires_at: float | None = None, chain: str | None = None,
                    delegation: Delegation = OWN_RIGHTS) -> Payload:
        """Return the content of a new token that is good for token_ttl_s, at most until expires_at.

        chain is the first audit id of the line of tokens it descends from.
        """
        now = self._clock.now()
        audit_id = payload.new_audit_id(self.ids.random_bytes(payload.AUDIT_ID_BYTES))
        return Payload(user_id, methods, now, self._expiry(now, expires_at), generation,
                       (audit_id, chain) if chain else (audit_id,), scope, delegation=delegation)

    def _expiry(self, now: float, latest: float | None) -> float:
        ordinary: float = now + self.conf.identity.token_ttl_s
        return ordinary if latest is None else min(ordinary, latest)

    def _is_stale(self) -> bool:
        return self._clock.monotonic() >= self._fresh_until or self._changes.latest != self._change_seen

    def _refresh(self) -> None:
        # Both are read before the database: what happens while it answers counts as not seen.
        until, change = self._clock.monotonic() + self._refresh_s, self._changes.latest
        with self._database.read() as connection:
            if self._revocations.refresh(connection, self._clock.now()):
                self._known.clear()
        self._fresh_until, self._change_seen = until, change

    def _examine(self, token_id: str) -> Token:
        content = payload.open_token(self._keys.fernet(), token_id)
        if content.expires_at <= self._clock.now():
            raise errors.Unauthorized(LOGIN_REFUSED)
        generation = self.generation
        known = _service_facts(content) if content.service_roles else self._user_facts(content)
        if known is None or self._is_refused(content, known):
            raise errors.Unauthorized(LOGIN_REFUSED)
        token = Token(content, known)
        if generation == self.generation:  # else another thread has refreshed: what was read may be old
            self._know(token_id, token)
        return token

    def _know(self, token_id: str, token: Token) -> None:
        self._known[token_id] = _Known(token)
        while len(self._known) > self.conf.identity.max_cached_tokens:
            self._known.popitem(last=False)

    def _user_facts(self, content: Payload) -> Facts | None:
        generation, key = self.generation, ("facts", content.user_id, content.scope, content.delegation)
        found: Facts | None = self.memory.recall(generation, key)
        if found is None:
            with self._database.read() as connection:
                found = delegations.facts(connection, content.user_id, content.scope, content.delegation)
            if found is None or not found.is_usable or (content.scope.kind != "none" and not found.roles):
                return None
            self.memory.keep(generation, key, found)
        return found

    def _is_refused(self, content: Payload, known: Facts) -> bool:
        domains = {known.user.domain_id} | ({known.project.domain_id} if known.project else set())
        if content.scope.kind == "domain":
            domains.add(content.scope.id)
        parties = {content.user_id} | ({known.trust.trustor_user_id, known.trust.trustee_user_id}
                                       if known.trust else set())
        subjects = [("token", content.audit_ids[0]), *(("user", each) for each in sorted(parties)),
                    ("project", content.scope.id), ("delegation", content.delegation.application_credential_id),
                    ("delegation", content.delegation.trust_id),
                    ("delegation", content.delegation.access_token_id),
                    ("grant", grant_subject(content.user_id, content.scope)),
                    *(("domain", each) for each in domains)]
        return any(self._revocations.refuses(content.generation, kind, subject) for kind, subject in subjects)


def unsealed(conf: cfg.ConfigOpts, sealed: str) -> str:
    """Return the token that keep() has sealed, in any process that has the keys; raises Unauthorized."""
    try:
        return KeyRepository(conf.identity.fernet_key_dir).fernet().decrypt(sealed).decode()
    except InvalidToken as failure:  # its key has been dropped, as it is when the token itself has expired
        raise errors.Unauthorized("The token that was kept has expired.") from failure


def issue_service_token(conf: cfg.ConfigOpts, clock: Clock, *, project_id: str,
                        roles: tuple[str, ...] = ("service", "reader"), ttl_s: float | None = None) -> str:
    """Return a token for a service of the cloud itself, acting in a project; no user stands behind it.

    ttl_s None: as long as any token.
    """
    now, ids = clock.now(), Ids()
    content = Payload(
        SERVICE_USER_ID, ("service",), now, now + (ttl_s or conf.identity.token_ttl_s), 0,
        (payload.new_audit_id(ids.random_bytes(payload.AUDIT_ID_BYTES)),), Scope("project", project_id), roles)
    return payload.seal(KeyRepository(conf.identity.fernet_key_dir).fernet(), content)


def _service_facts(content: Payload) -> Facts:
    user = Named(SERVICE_USER_ID, SERVICE_USER_ID, DEFAULT_DOMAIN_ID, "Default", True)
    project = Named(content.scope.id, content.scope.id, DEFAULT_DOMAIN_ID, "Default", True)
    return Facts(user, project, None, tuple(Role(name, name) for name in content.service_roles))


def _limits(credential: ApplicationCredential | None, delegation: Delegation) -> dict[str, Any]:
    """Return what a context says of a token with borrowed rights."""
    if credential is None:
        return {"is_restricted": bool(delegation.trust_id or delegation.access_token_id)}
    rules = credential.rules
    return {"application_credential_id": credential.id, "is_restricted": not credential.unrestricted,
            "access_rules": None if rules is None else tuple((each.service, each.method, each.path) for each in rules)}
