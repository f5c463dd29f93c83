"""Routes of credentials, access keys and signed requests."""

from cumulo.api.identity.credentials import access_keys, handlers, schema, signed
from cumulo.api.wsgi.route import Route
from cumulo.identity.credentials import FILTERS

_KEYS = "/v3/users/{user_id}/credentials/OS-EC2"

# Whose a credential is decides, and is known only when it has been found.
ROUTES = (
    Route("GET", "/v3/credentials", handlers.index, policy="rule:any_token", query=FILTERS),
    Route("POST", "/v3/credentials", handlers.create, policy="rule:any_token", status=201, body=schema.CREATE),
    Route("GET", "/v3/credentials/{credential_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/credentials/{credential_id}", handlers.update, policy="rule:any_token", body=schema.UPDATE),
    Route("DELETE", "/v3/credentials/{credential_id}", handlers.delete, policy="rule:any_token", status=204),
    Route("GET", _KEYS, access_keys.index, policy="rule:any_token"),
    Route("POST", _KEYS, access_keys.create, policy="rule:any_token", status=201, body=schema.ACCESS_KEY),
    Route("GET", f"{_KEYS}/{{access}}", access_keys.show, policy="rule:any_token"),
    Route("DELETE", f"{_KEYS}/{{access}}", access_keys.delete, policy="rule:any_token", status=204),
    # As a login: sent again it gives another token. What was signed is the proof; the token only lets a service ask.
    Route("POST", "/v3/ec2tokens", signed.ec2, policy="identity:ec2_tokens", body=schema.EC2, keeps=False),
    Route("POST", "/v3/s3tokens", signed.s3, policy="identity:s3_tokens", body=schema.S3, keeps=False),
)
