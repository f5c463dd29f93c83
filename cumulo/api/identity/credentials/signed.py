"""Tokens for requests that were signed with an access key: what services of EC2's and S3's form ask for."""

from collections.abc import Callable

from cumulo.api.identity.auth import handlers as auth
from cumulo.api.identity.auth import view
from cumulo.api.identity.common import validator
from cumulo.api.wsgi.route import Reply, Request
from cumulo.identity import authenticate, signatures
from cumulo.identity.tokens import Token


def ec2(request: Request) -> Reply:
    """Return a token of the user whose access key signed the request that the body describes."""
    [described] = request.body.values()
    asked = {"host": "", "verb": "", "path": "", "params": {}, "headers": {}, "body_hash": ""} | described
    token_id, token = _token(request, asked["access"], lambda secret, now, ttl_s: signatures.is_signed(
        asked, secret, now, ttl_s))
    return Reply(view.token(token, auth.catalog_of(request, token)), headers={"X-Subject-Token": token_id} | auth.VARY)


def s3(request: Request) -> Reply:
    """Say whose access key signed the text; the token itself is not handed out."""
    asked = request.body["credentials"]
    _, token = _token(request, asked["access"], lambda secret, now, ttl_s: signatures.is_signed_text(
        asked["token"], asked["signature"], secret, now, ttl_s))
    return Reply(view.token(token, auth.catalog_of(request, token)), headers=auth.VARY)


def _token(request: Request, access: str, is_signed: Callable[[str, float, float], bool]) -> tuple[str, Token]:
    services = request.services
    proof, wish = authenticate.by_signature(services.database, validator(request), access, lambda secret: is_signed(
        secret, services.clock.now(), services.conf.identity.signature_ttl_s))
    return authenticate.issue(services.database, validator(request), proof, wish)
