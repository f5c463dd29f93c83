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
        "flavorRef": pool.pick(rng, "flavorRef", harmless=True)}
    extra = {
        "networks": [{"uuid": pool.pick(rng, "network_id", harmless=True)}], "metadata": {"web": "1"},
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
    scope = rng.choice((None, "unscoped", {"project": {"name": name, "domain": _DOMAIN}}, {"system": {"all": True}},
                        {"domain": _DOMAIN}, {"project": {"id": pool.pick(rng, "project_id", harmless=True)}}))
    return {"auth": {"identity": identity} | ({} if scope is None else {"scope": scope})}


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
    return {"config": rng.choice(({"ldap": {"url": "ldap://web/"}}, {"identity": {"driver": "web"}},
                                  {"ldap": {"url": "é", "use_tls": True}, "identity": {"list_limit": 1}}))}


RECIPES: dict[str, Recipe] = {
    "POST /compute/v2.1/servers": _server, "POST /compute/v2/servers": _server, "POST /identity/v3/auth/tokens": _login,
    **{f"{method} /identity/v3/domains/{{domain_id}}/config": _settings for method in ("PUT", "PATCH")},
    "PATCH /identity/v3/domains/{domain_id}/config/{group}": _settings,
    "POST /identity/v3/limits": _limits, "POST /identity/v3/registered_limits": _registered_limits,
    "PUT /compute/v2.1/os-services/enable": _service, "PUT /compute/v2.1/os-services/disable": _service,
    "PUT /compute/v2/os-services/enable": _service, "PUT /compute/v2/os-services/disable": _service,
    "PUT /compute/v2.1/os-services/disable-log-reason": _reason,
    "PUT /compute/v2/os-services/disable-log-reason": _reason,
    "PUT /compute/v2.1/os-services/force-down": _down, "PUT /compute/v2/os-services/force-down": _down,
}
"""By method and path."""
