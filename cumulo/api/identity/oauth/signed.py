"""Whose request this is by its OAuth signature."""

from typing import NoReturn

from cumulo.api.identity.common import validator
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import authenticate, oauth, oauth_signature, revocations
from cumulo.identity.authenticate import Proof
from cumulo.identity.model import LOGIN_REFUSED
from cumulo.identity.oauth import Kind


def check(request: Request, kind: Kind | None) -> dict[str, str]:
    """Return the parameters of a request signed by a consumer, with its token of that kind; raises Unauthorized."""
    parameters = oauth_signature.read(request.headers.get("Authorization", ""))
    services, conf = request.services, request.services.conf.identity
    fernet, now = validator(request).credential_keys.fernet(), services.clock.now()
    with services.database.read() as connection:
        keys = oauth.secrets_of(connection, fernet, now, parameters.get("oauth_consumer_key", ""),
                                parameters.get("oauth_token", ""), kind)
    query = [(str(name), str(value)) for name, value in request.query.items()]
    is_right = oauth_signature.is_signed(request.raw_request.method, request.path_url, query, parameters,
                                         keys or ("", ""), now, conf.signature_ttl_s)
    if keys is None or not is_right:
        _refuse()
    return parameters


def proof(request: Request) -> Proof:
    """Return the proof that a signature with an access token gives; raises Unauthorized."""
    with request.services.database.read() as connection:
        generation = revocations.current_generation(connection)
    parameters = check(request, "access")
    with request.services.database.read() as connection:
        access = oauth.find(connection, parameters["oauth_token"])
    if access is None:
        _refuse()
    return authenticate.by_access_token(access, generation)


def _refuse() -> NoReturn:
    raise errors.Unauthorized(LOGIN_REFUSED)
