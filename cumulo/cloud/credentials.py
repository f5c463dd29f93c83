"""Where the standard clients find this cloud: clouds.yaml and the OS_* variables."""

import os
import pathlib
import shlex
from typing import Any

import yaml

from cumulo.cloud.files import write_atomically
from cumulo.cloud.refusal import Refusal

CLOUD = "cumulo"
REGION = "RegionOne"


def variables(public_url: str, password: str) -> dict[str, str]:
    """Return the environment a client needs for the administrator."""
    return {
        "OS_AUTH_URL": f"{public_url}/identity/v3", "OS_USERNAME": "admin", "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "admin", "OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default",
        "OS_REGION_NAME": REGION, "OS_IDENTITY_API_VERSION": "3",
    }


def shell_exports(public_url: str, password: str) -> str:
    """Return lines for `eval "$(cumulo env)"`."""
    return "".join(f"export {name}={shlex.quote(value)}\n"
                   for name, value in variables(public_url, password).items())


def clouds_yaml_path() -> pathlib.Path:
    """Return the file the standard clients read for this user."""
    base = os.environ.get("XDG_CONFIG_HOME") or pathlib.Path.home() / ".config"
    return pathlib.Path(base) / "openstack" / "clouds.yaml"


def write_clouds_yaml(path: pathlib.Path, public_url: str, password: str) -> None:
    """Set the entry of this cloud; every other cloud in the file stays as it is."""
    document = _read(path)
    entry = {
        "auth": {"auth_url": f"{public_url}/identity/v3", "username": "admin", "password": password,
                 "project_name": "admin", "user_domain_id": "default", "project_domain_id": "default"},
        "region_name": REGION, "identity_api_version": 3,
    }
    if document["clouds"].get(CLOUD) == entry:
        return
    document["clouds"][CLOUD] = entry
    _write(path, document)


def remove_from_clouds_yaml(path: pathlib.Path, public_url: str) -> None:
    """Take the entry out again when it is the one of this cloud."""
    if not path.exists():
        return
    document = _read(path)
    entry = document["clouds"].get(CLOUD, {})
    if entry.get("auth", {}).get("auth_url") == f"{public_url}/identity/v3":
        del document["clouds"][CLOUD]
        _write(path, document)


def _read(path: pathlib.Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        document = {}
    except yaml.YAMLError as failure:
        raise Refusal(f"{path} is not YAML, so this cloud cannot be added to it: {failure}") from failure
    if not isinstance(document, dict) or not isinstance(document.setdefault("clouds", {}), dict):
        raise Refusal(f"{path} has no mapping 'clouds', so this cloud cannot be added to it")
    return document


def _write(path: pathlib.Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, yaml.safe_dump(document, sort_keys=False), mode=0o600)
