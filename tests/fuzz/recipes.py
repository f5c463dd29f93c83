"""Bodies for routes whose schema alone leads nowhere: what is valid there hangs on what the cloud holds."""

import random
from collections.abc import Callable
from typing import Any

from tests.fixtures.api import PASSWORD
from tests.fuzz.pool import Pool

Recipe = Callable[[random.Random, Pool], Any]
_DOMAIN = {"id": "default"}


def _server(rng: random.Random, pool: Pool) -> Any:
    asked: dict[str, Any] = {
        "name": rng.choice(("web", "a b", "é😀", "x" * 255)), "imageRef": pool.pick(rng, "imageRef", harmless=True),
        "flavorRef": pool.pick(rng, "flavorRef", harmless=True),
        "networks": rng.choice(("auto", "none", [{"uuid": pool.pick(rng, "network_id", harmless=True)}]))}
    extra = {
        "tags": ["web", "é"], "hostname": "web.example", "trusted_image_certificates": ["one"], "metadata": {"web": "1"},
        "max_count": rng.choice((1, 2, "3")), "key_name": pool.pick(rng, "key_name", harmless=True),
        "config_drive": "true",
        "user_data": "IyEvYmluL3NoCg==", "return_reservation_id": True, "adminPass": "é" * 255,
        "security_groups": [{"name": "default"}],
        "accessIPv4": "10.0.0.1"}
    return {"server": asked | {name: value for name, value in extra.items() if rng.random() < 0.3}}


def _login(rng: random.Random, pool: Pool) -> Any:
    name = rng.choice(("admin", "member", "nobody"))
    user = {"name": name, "domain": _DOMAIN, "password": PASSWORD}
    identity: dict[str, Any] = {"methods": ["password"], "password": {"user": user}}
    if rng.random() < 0.3:
        identity = {"methods": ["token"], "token": {"id": pool.pick(rng, "token_id", harmless=True)}}
    elif rng.random() < 0.3:
        identity = rng.choice((
            {"methods": ["totp"], "totp": {"user": {"name": name, "domain": _DOMAIN, "passcode": "000000"}}},
            {"methods": ["application_credential"], "application_credential": {
                "id": pool.pick(rng, "application_credential_id", harmless=True) or "x", "secret": PASSWORD}}))
    scope = rng.choice((None, "unscoped", {"project": {"name": name, "domain": _DOMAIN}}, {"system": {"all": True}},
                        {"domain": _DOMAIN}, {"OS-TRUST:trust": {"id": pool.pick(rng, "trust_id", harmless=True) or "x"}},
                        {"project": {"id": pool.pick(rng, "project_id", harmless=True)}}))
    return {"auth": {"identity": identity} | ({} if scope is None else {"scope": scope})}


def _program(rng: random.Random, pool: Pool) -> Any:
    rule = {"service": "compute", "method": "GET", "path": rng.choice(("/v2.1/servers", "/v2.1/**", "/{a}/*"))}
    asked = {"secret": PASSWORD, "unrestricted": True, "access_rules": [rule], "expires_at": "2090-01-01T00:00:00Z",
             "roles": [{"name": "reader"}], "description": "é😀"}
    return {"application_credential": {"name": f"program-{rng.randrange(50)}"} | {
        name: value for name, value in asked.items() if rng.random() < 0.3}}


def _trust(rng: random.Random, pool: Pool) -> Any:
    users = [pool.pick(rng, "user_id", harmless=True) for _ in range(2)]
    asked = {"trustor_user_id": users[0], "trustee_user_id": users[1], "impersonation": rng.random() < 0.5}
    if rng.random() < 0.7:
        asked |= {"project_id": pool.pick(rng, "project_id", harmless=True), "roles": [{"name": "reader"}]}
    return {"trust": asked | rng.choice(({}, {"remaining_uses": 1}, {"allow_redelegation": True}))}


def _kept(rng: random.Random, pool: Pool) -> Any:
    blob = rng.choice(('{"access": "a", "secret": "b"}', "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "é" * 100))
    return {"credential": {"type": rng.choice(("ec2", "totp", "other")), "blob": blob,
                           "project_id": pool.pick(rng, "project_id", harmless=True)}}


def _signed(rng: random.Random, pool: Pool) -> Any:
    scope = "20260101/region/ec2/aws4_request"
    header = f"AWS4-HMAC-SHA256 Credential=a/{scope}, SignedHeaders=host;x-amz-date, Signature=00"
    return {"credentials": {"access": "a", "signature": "00", "host": "h:1", "verb": "GET", "path": "/é", "headers": {
        "Authorization": header, "X-Amz-Date": "20260101T000000Z"}, "body_hash": "", "params": rng.choice((
            {}, {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", "Timestamp": "2026-01-01T00:00:00Z"}))}}


def _old_login(rng: random.Random, pool: Pool) -> Any:
    user = {"username": rng.choice(("admin", "member", "nobody")), "password": PASSWORD}
    return {"auth": {"passwordCredentials": user} | rng.choice(({}, {"tenantName": user["username"]}))}


def _service(rng: random.Random, pool: Pool) -> Any:
    return {"host": pool.pick(rng, "host", harmless=True), "binary": "nova-compute"}


def _reason(rng: random.Random, pool: Pool) -> Any:
    return _service(rng, pool) | {"disabled_reason": "é" * rng.choice((1, 255))}


def _down(rng: random.Random, pool: Pool) -> Any:
    return _service(rng, pool) | {"forced_down": rng.choice((True, "false"))}


def _limits(rng: random.Random, pool: Pool) -> Any:
    about = {"service_id": pool.pick(rng, "service_id", harmless=True), "resource_name": "things"}
    whose = rng.choice(("project_id", "domain_id"))
    return {"limits": [about | {"resource_limit": 5, whose: pool.pick(rng, whose, harmless=True)}]}


def _registered_limits(rng: random.Random, pool: Pool) -> Any:
    return {"registered_limits": [{"service_id": pool.pick(rng, "service_id", harmless=True), "default_limit": -1,
                                   "resource_name": "things"}]}


def _settings(rng: random.Random, pool: Pool) -> Any:
    return {"config": rng.choice(({"ldap": {"url": "ldap://web/"}}, {"identity": {"driver": "sql"}},
                                  {"ldap": {"url": "é", "use_tls": True}, "identity": {"list_limit": 1}}))}


def _volume(rng: random.Random, pool: Pool) -> Any:
    sources = {"snapshot_id": "snapshot_id", "source_volid": "volume_id", "imageRef": "image_id"}
    field = rng.choice(("", "", *sources))
    source = {field: pool.pick(rng, sources[field], harmless=True)} if field else {}
    kind = pool.pick(rng, "volume_type_id", harmless=True) if rng.random() < 0.3 else None
    if kind and rng.random() < 0.5:
        source["group_id"] = pool.pick(rng, "volume_group_id", harmless=True)
    return {"volume": {"size": rng.choice((1, "2", 9)), "name": rng.choice(("é", None)), "volume_type": kind, **source}}


def _snapshot(rng: random.Random, pool: Pool) -> Any:
    return {"snapshot": {"volume_id": pool.pick(rng, "volume_id", harmless=True), "name": "é" * rng.choice((1, 255))}}


def _backup(rng: random.Random, pool: Pool) -> Any:
    return {"backup": {"volume_id": pool.pick(rng, "volume_id", harmless=True), "name": "é" * rng.choice((1, 255)),
                       "incremental": rng.random() < 0.3}}


def _volume_group(rng: random.Random, pool: Pool) -> Any:
    return {"group": {"group_type": pool.pick(rng, "group_type_id", harmless=True), "name": rng.choice(("é", None)),
                      "volume_types": [pool.pick(rng, "volume_type_id", harmless=True)]}}


def _older_group(rng: random.Random, pool: Pool) -> Any:
    return {"consistencygroup": {"volume_types": pool.pick(rng, "volume_type_id", harmless=True) or "none"}}


def _group_snapshot(rng: random.Random, pool: Pool) -> Any:
    return {"group_snapshot": {"group_id": pool.pick(rng, "volume_group_id", harmless=True), "name": "é"}}


RECIPES: dict[str, Recipe] = {
    "POST /volume/v3/groups": _volume_group, "POST /volume/v3/consistencygroups": _older_group,
    "POST /volume/v3/group_snapshots": _group_snapshot,
    "POST /volume/v3/backups": _backup,
    "POST /volume/v3/volumes": _volume, "POST /volume/v3/snapshots": _snapshot,
    "POST /compute/v2.1/servers": _server, "POST /compute/v2/servers": _server, "POST /identity/v3/auth/tokens": _login,
    **{f"{method} /identity/v3/domains/{{domain_id}}/config": _settings for method in ("PUT", "PATCH")},
    "PATCH /identity/v3/domains/{domain_id}/config/{group}": _settings,
    "POST /identity/v3/limits": _limits, "POST /identity/v3/registered_limits": _registered_limits,
    "POST /identity/v3/users/{user_id}/application_credentials": _program,
    "POST /identity/v3/OS-TRUST/trusts": _trust, "POST /identity/v3/credentials": _kept,
    "POST /identity/v3/ec2tokens": _signed, "POST /identity/v2.0/tokens": _old_login,
    "PUT /compute/v2.1/os-services/enable": _service, "PUT /compute/v2.1/os-services/disable": _service,
    "PUT /compute/v2/os-services/enable": _service, "PUT /compute/v2/os-services/disable": _service,
    "PUT /compute/v2.1/os-services/disable-log-reason": _reason,
    "PUT /compute/v2/os-services/disable-log-reason": _reason,
    "PUT /compute/v2.1/os-services/force-down": _down, "PUT /compute/v2/os-services/force-down": _down,
}
"""By method and path."""
