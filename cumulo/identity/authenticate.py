"""Logging in: who is it (a proof), for what (a scope), and the token that follows.

Whatever is wrong, the answer is the same 401 and costs the same bcrypt: nobody learns from it
whether a user exists, is disabled, or just has another password.
"""

import dataclasses
import math
from collections.abc import Callable

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables import identity as tables
from cumulo.common.threads import Threads
from cumulo.identity import (
    application_credentials, backends, credentials, delegations, login_guard, lookup, receipts, revocations, totp, trusts)
from cumulo.identity.backends import Asked
from cumulo.identity.lookup import Facts
from cumulo.identity.model import (
    LOGIN_REFUSED, OWN_RIGHTS, SYSTEM, UNSCOPED, AccessToken, Delegation, Scope, ScopeKind)
from cumulo.identity.tokens import Token, Validator

TRUST = "OS-TRUST:trust"
NO_CODES = credentials.Credential("", "", None, credentials.TOTP, "A" * 32)
"""What a code is compared with where there is nothing to compare it with."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """A user, project or domain named by a client: by id, or by name within a domain."""

    id: str | None = None
    name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None


@dataclasses.dataclass(frozen=True)
class Proof:
    """Somebody has proved to be this user, as of this generation."""

    user_id: str
    methods: tuple[str, ...]
    generation: int
    parent: Token | None = None
    delegation: Delegation = OWN_RIGHTS


@dataclasses.dataclass(frozen=True)
class Wish:
    """The scope asked for; "default" is what is asked for by saying nothing."""

    kind: ScopeKind | str = "default"
    target: Reference = Reference()


def by_password(database: Database, validator: Validator, threads: Threads, reference: Reference,
                password: str) -> Proof:
    """Return the proof that the password is the user's; raises Unauthorized."""
    with database.read() as connection:
        # Read first: whatever changes after this refuses the token that is about to be made.
        generation = revocations.current_generation(connection)
        account, backend = backends.account(connection, _user_id(connection, reference))
    is_right = backends.is_right(backend, Asked(validator.conf, validator.clock, threads, validator.passwords, account,
                                                password))
    admitted = login_guard.admit(database, validator.conf, validator.clock, account, is_right)
    return Proof(admitted["id"], ("password",), generation)


def by_token(validator: Validator, token_id: str) -> Proof:
    """Return the proof a good token gives; raises NotFound for a bad one, as this API has it, else Unauthorized."""
    try:
        token = validator.inspect(token_id, fresh=True)
    except errors.Unauthorized as failure:
        raise errors.NotFound("Could not find token.") from failure
    if token.payload.service_roles:
        raise errors.Unauthorized(LOGIN_REFUSED)
    methods = tuple(dict.fromkeys((*token.payload.methods, "token")))
    return Proof(token.payload.user_id, methods, validator.generation, token, token.payload.delegation)


def by_application_credential(database: Database, validator: Validator, threads: Threads, clock: Clock,
                              reference: Reference, user: Reference, secret: str) -> Proof:
    """Return the proof that the secret is the application credential's; raises Unauthorized.

    It is named by its id, or by its name and its user.
    """
    with database.read() as connection:
        generation = revocations.current_generation(connection)
        row = application_credentials.login_row(
            connection, reference.id, reference.name, _user_id(connection, user) if reference.id is None else None)
    is_over = row is not None and (row["expires_at"] or math.inf) <= clock.now()
    is_right = validator.passwords.is_right(threads, secret, row["secret_hash"] if row and not is_over else None)
    if row is None or not is_right:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Proof(row["user_id"], ("application_credential",), generation, delegation=Delegation(row["id"]))


def by_code(database: Database, validator: Validator, clock: Clock, reference: Reference, passcode: str) -> Proof:
    """Return the proof that a one-time code is the user's; takes the code. Raises Unauthorized.

    A wrong code counts as a wrong password does.
    """
    fernet = validator.credential_keys.fernet()
    with database.read() as connection:
        generation = revocations.current_generation(connection)
        account, _ = backends.account(connection, _user_id(connection, reference))
        known = credentials.codes_of(connection, fernet, account["id"] if account else "")
    # One is looked at also where there is none: the time does not tell who has any.
    found = [(each, totp.step_of(each.blob, passcode, clock.now())) for each in known or [NO_CODES]]
    fitting = [(each.id, step) for each, step in found if step is not None and each.user_id]
    admitted = login_guard.admit(database, validator.conf, clock, account, bool(fitting), may_be_over=True)
    with database.write() as connection:
        is_first = credentials.take_step(connection, *fitting[0])
    if not is_first:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Proof(admitted["id"], ("totp",), generation)


def by_remote_user(database: Database, validator: Validator, reference: Reference) -> Proof:
    """Return the proof that somebody in front of this API has asked the user to prove who they are."""
    with database.read() as connection:
        generation = revocations.current_generation(connection)
        account, _ = backends.account(connection, _user_id(connection, reference))
    admitted = login_guard.admit(database, validator.conf, validator.clock, account, account is not None,
                                 may_be_over=True)
    return Proof(admitted["id"], ("external",), generation)


def with_receipt(validator: Validator, proof: Proof, text: str) -> Proof:
    """Return the proof together with the factors of a receipt; raises Unauthorized unless both are one user's."""
    receipt = validator.open_receipt(text)
    return both(Proof(receipt.user_id, receipt.methods, receipt.generation), proof)


def missing_factors(database: Database, proof: Proof) -> list[list[str]]:
    """Return the rules of which one must be satisfied and none is; [] where enough has been shown."""
    if proof.delegation.trust_id:  # in the trustor's name, with factors that its trustee has shown
        return []
    with database.read() as connection:
        account = login_guard.account(connection, proof.user_id)
    rules = receipts.rules_of((account["options"] if account else None) or {})
    return [] if receipts.is_enough(rules, proof.methods) else rules


def by_signature(database: Database, validator: Validator, access: str,
                 is_signed: Callable[[str], bool]) -> tuple[Proof, Wish]:
    """Return the proof that a request was signed with an access key, and the key's project; raises Unauthorized."""
    fernet = validator.credential_keys.fernet()
    with database.read() as connection:
        generation = revocations.current_generation(connection)
        key = credentials.key(connection, fernet, access)
    is_right = is_signed(key.secret if key else "")
    if key is None or not is_right:
        raise errors.Unauthorized(LOGIN_REFUSED)
    wish = Wish("project", Reference(key.credential.project_id))
    return Proof(key.credential.user_id, ("ec2credential",), generation), wish


def by_access_token(access: AccessToken, generation: int) -> Proof:
    """Return the proof that a consumer's signature with an access token gave: of the user who agreed to it."""
    return Proof(access.user_id, ("oauth1",), generation, delegation=Delegation(access_token_id=access.id))


def both(first: Proof, second: Proof) -> Proof:
    """Return the proof two methods give together; raises Unauthorized where they prove different users."""
    delegations_met = {first.delegation, second.delegation} - {OWN_RIGHTS}
    if first.user_id != second.user_id or len(delegations_met) > 1:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Proof(first.user_id, tuple(dict.fromkeys(first.methods + second.methods)),
                 min(first.generation, second.generation), first.parent or second.parent,
                 next(iter(delegations_met), OWN_RIGHTS))


def issue(database: Database, validator: Validator, proof: Proof, wish: Wish) -> tuple[str, Token]:
    """Return a new token for whoever gave the proof, with what is known about it; raises Unauthorized."""
    if wish.kind == TRUST:
        with database.read() as connection:
            proof, wish = _entrusted(connection, validator.clock.now(), proof, wish)
    scope, known = _rights(database, validator, proof, wish)
    if known.trust is not None and known.trust.remaining_uses is not None and not is_again(proof):
        with database.write() as connection:
            if not trusts.consume(connection, known.trust.id):
                raise errors.Unauthorized(LOGIN_REFUSED)
    parent = proof.parent.payload if proof.parent else None
    content = validator.new_payload(
        proof.user_id, proof.methods, scope, generation=proof.generation,
        expires_at=_earliest(parent.expires_at if parent else None, delegations.ends_at(known)),
        chain=parent.audit_ids[-1] if parent else None, delegation=proof.delegation)
    token_id, token = validator.seal(content), Token(content, known)
    validator.learn(token_id, token)
    return token_id, token


def _rights(database: Database, validator: Validator, proof: Proof, wish: Wish) -> tuple[Scope, Facts]:
    """Return the scope of the token and the rights there; raises Unauthorized.

    Rights of one's own that were granted a moment ago are granted again while nothing changes. Borrowed ones are
    looked up each time, and whoever was refused is judged anew.
    """
    key = ("login", proof.user_id, wish)
    is_own = proof.delegation == OWN_RIGHTS
    found: tuple[Scope, Facts] | None = validator.memory.recall(proof.generation, key) if is_own else None
    if found is not None:
        return found
    with database.read() as connection:
        scope = _scope(connection, proof, wish)
        known = delegations.facts(connection, proof.user_id, scope, proof.delegation)
    if known is None or not known.is_usable or (scope.kind != "none" and not known.roles):
        raise errors.Unauthorized(LOGIN_REFUSED)
    if is_own:
        validator.memory.keep(proof.generation, key, (scope, known))
    return scope, known


def is_again(proof: Proof) -> bool:
    """Say whether a proof is a token whose rights were borrowed already: that use has been counted."""
    return proof.parent is not None and proof.parent.payload.delegation == proof.delegation


def _entrusted(connection: sa.Connection, now: float, proof: Proof, wish: Wish) -> tuple[Proof, Wish]:
    """Return the proof as one of the trust wished for; raises Unauthorized where the prover is not its trustee.

    Rights that are borrowed already cannot be exchanged for others.
    """
    try:
        trust = trusts.get(connection, now, wish.target.id or "", only_user=proof.user_id)
    except errors.NotFound as failure:
        raise errors.Unauthorized(LOGIN_REFUSED) from failure
    if trust.trustee_user_id != proof.user_id or proof.delegation != OWN_RIGHTS:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return dataclasses.replace(proof, user_id=trusts.holder_of(trust), delegation=Delegation(trust_id=trust.id)), Wish()


def _user_id(connection: sa.Connection, reference: Reference) -> str | None:
    return reference.id or lookup.id_by_name(
        connection, tables.user, reference.name or "", domain_id=reference.domain_id,
        domain_name=reference.domain_name)


def _scope(connection: sa.Connection, proof: Proof, wish: Wish) -> Scope:
    """Return the scope of the token: the one wished for, or the only one that borrowed rights are good for."""
    borrowed = delegations.scope_of(connection, proof.delegation)
    if borrowed is None:
        return _wished(connection, proof, wish)
    if wish.kind != "default" and _wished(connection, proof, wish) != borrowed:
        raise errors.Unauthorized("What you log in with is good for its own project only.")
    return borrowed


def _wished(connection: sa.Connection, proof: Proof, wish: Wish) -> Scope:
    """Return the scope wished for; where it names nothing, one that nobody has a role in.

    So the look-ups that follow are the same, and their time does not tell whether a project exists.
    """
    match wish.kind:
        case "system":
            return SYSTEM
        case "none":
            return UNSCOPED
        case "default":
            return _default_scope(connection, proof.user_id)
        case "project":
            target = wish.target.id or lookup.id_by_name(
                connection, tables.project, wish.target.name or "", domain_id=wish.target.domain_id,
                domain_name=wish.target.domain_name)
        case _:
            target = wish.target.id or connection.execute(sa.select(tables.domain.c.id).where(
                tables.domain.c.name == wish.target.name)).scalar_one_or_none()
    return Scope("project" if wish.kind == "project" else "domain", target or "")


def _default_scope(connection: sa.Connection, user_id: str) -> Scope:
    """Return the user's default project where they can work in it, else nothing."""
    project_id = connection.execute(
        sa.select(tables.user.c.default_project_id).where(tables.user.c.id == user_id)).scalar_one_or_none()
    if project_id is None:
        return UNSCOPED
    scope = Scope("project", project_id)
    known = lookup.facts(connection, user_id, scope)
    return scope if known is not None and known.is_usable and known.roles else UNSCOPED


def _earliest(*times: float | None) -> float | None:
    known = [each for each in times if each is not None]
    return min(known) if known else None
