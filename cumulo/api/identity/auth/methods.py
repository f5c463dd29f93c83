"""The ways to prove who one is, as a table: another one is another line, and changes nothing else.

A method's name stands in auth/identity/methods, and what it needs in auth/identity/<name>. Which of them are
offered is the option auth_methods.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from cumulo.api.identity.common import validator
from cumulo.api.identity.oauth import signed
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import authenticate
from cumulo.identity.authenticate import Proof, Reference
from cumulo.identity.model import LOGIN_REFUSED

Section = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Method:
    """One way: what turns its section into a proof, or raises Unauthorized.

    has_section: whether it takes a section at all; is_guessable: whether failures are counted, because the secret is
    one that somebody chose or that is short.
    """

    prove: Callable[[Request, Section], Proof]
    has_section: bool = True
    is_guessable: bool = True


def prove(request: Request, identity: Section) -> Proof:
    """Return what all the methods named prove together; raises Unauthorized, or BadRequest for a missing section."""
    names = list(dict.fromkeys(identity["methods"]))
    offered = request.services.conf.identity.auth_methods
    for name in names:
        if name not in METHODS or name not in offered:
            raise errors.Unauthorized(f"Attempted to authenticate with an unsupported method: {name[:64]}.")
        if METHODS[name].has_section and name not in identity:
            raise errors.BadRequest(f"auth/identity/{name} is required by the method {name}.")
    proof: Proof | None = None
    for name in names:
        found = _attempt(request, name, identity.get(name, {}))
        proof = found if proof is None else authenticate.both(proof, found)
    if proof is None:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return proof


def _attempt(request: Request, name: str, section: Section) -> Proof:
    """Prove by one method; who failed too often at the same from the same address has to wait."""
    if not METHODS[name].is_guessable:
        return METHODS[name].prove(request, section)
    attempts = validator(request).attempts
    named = section.get("user", section)
    whose = [str(named.get(key)) for key in ("id", "name", "domain")] + [str(section.get(key)) for key in ("id", "name")]
    key = repr((name, request.environ.get("REMOTE_ADDR"), *whose))
    attempts.check(key)
    try:
        proof = METHODS[name].prove(request, section)
    except errors.Unauthorized:
        attempts.failed(key)
        raise
    attempts.succeeded(key)
    return proof


def reference(named: Section) -> Reference:
    """Return the user, project or domain that a body names."""
    domain = named.get("domain") or {}
    return Reference(named.get("id"), named.get("name"), domain.get("id"), domain.get("name"))


def _password(request: Request, section: Section) -> Proof:
    user = section["user"]
    return authenticate.by_password(request.services.database, validator(request), request.services.threads,
                                    reference(user), user["password"])


def _token(request: Request, section: Section) -> Proof:
    return authenticate.by_token(validator(request), section["id"])


def _application_credential(request: Request, section: Section) -> Proof:
    services = request.services
    return authenticate.by_application_credential(
        services.database, validator(request), services.threads, services.clock,
        Reference(section.get("id"), section.get("name")), reference(section.get("user") or {}), section["secret"])


def _totp(request: Request, section: Section) -> Proof:
    user = section["user"]
    return authenticate.by_code(request.services.database, validator(request), request.services.clock,
                                reference(user), user["passcode"])


def _external(request: Request, _: Section) -> Proof:
    name = request.environ.get("REMOTE_USER")
    if not name:
        raise errors.Unauthorized(LOGIN_REFUSED)
    domain_name = request.environ.get("REMOTE_DOMAIN")
    domain_id = None if domain_name else request.services.conf.identity.external_domain_id
    return authenticate.by_remote_user(request.services.database, validator(request),
                                       Reference(name=name, domain_id=domain_id, domain_name=domain_name))


def _oauth1(request: Request, section: Section) -> Proof:
    return signed.proof(request)


METHODS = {
    "password": Method(_password),
    "token": Method(_token, is_guessable=False),
    "application_credential": Method(_application_credential),
    "totp": Method(_totp),
    "oauth1": Method(_oauth1, has_section=False, is_guessable=False),
    "external": Method(_external, has_section=False, is_guessable=False),
}
