"""The first server: booted through the public APIs like any other, and logged in to over SSH."""

import pathlib
import subprocess
from typing import Any

from cumulo.cloud.client import ApiError, Client, wait_until
from cumulo.cloud.furniture import IMAGE, NETWORK
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal

NAME = "first"
KEYPAIR = "cumulo"
LOGIN = "cirros"
ACTIVE_TIMEOUT_S = 120
SSH_TIMEOUT_S = 180


def ensure_keypair(client: Client, layout: Layout) -> None:
    """Have the cloud make a key pair and keep the private half; one whose private half is lost is replaced."""
    if layout.private_key.exists():
        return
    client.delete(f"/compute/v2.1/os-keypairs/{KEYPAIR}")
    keypair = client.post("/compute/v2.1/os-keypairs", {"keypair": {"name": KEYPAIR}})["keypair"]
    temporary = layout.private_key.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(keypair["private_key"], encoding="utf-8")
    temporary.rename(layout.private_key)


def ensure_server(client: Client, flavor_name: str) -> str:
    """Boot the first server unless it is there; return its address once it is ACTIVE."""
    server = _find(client)
    if server is not None and server["status"] == "ERROR":
        _delete(client, server["id"])  # the remains of a start that failed
        server = None
    server_id = server["id"] if server else _create(client, flavor_name)
    wait_until(lambda: _is_active(client, server_id), f"server {NAME} becoming ACTIVE", ACTIVE_TIMEOUT_S, 0.2)
    return _address(client.get(f"/compute/v2.1/servers/{server_id}")["server"])


def address(client: Client) -> str:
    """Return the address of the first server, "" when it is gone or has none yet."""
    server = _find(client)
    return _address(server) if server and server["addresses"].get(NETWORK) else ""


def wait_for_ssh(host: str, private_key: pathlib.Path) -> None:
    """Wait until a command run over SSH answers."""
    wait_until(lambda: _logs_in(host, private_key), f"an SSH login at {host}", SSH_TIMEOUT_S, 0.3)


def ssh_command(host: str, private_key: pathlib.Path) -> list[str]:
    """Return the command that logs in; the host key of a guest is new with every guest, so none is kept."""
    return ["ssh", "-i", str(private_key), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", f"{LOGIN}@{host}"]


def _find(client: Client) -> dict[str, Any] | None:
    servers = client.get(f"/compute/v2.1/servers/detail?name=%5E{NAME}%24")["servers"]
    return next((server for server in servers if server["name"] == NAME), None)


def _create(client: Client, flavor_name: str) -> str:
    images = client.get(f"/image/v2/images?name={IMAGE}")["images"]
    networks = client.get(f"/network/v2.0/networks?name={NETWORK}")["networks"]
    flavors = client.get("/compute/v2.1/flavors")["flavors"]
    if not images or not networks:
        raise Refusal(f"image {IMAGE} or network {NETWORK} is gone, so there is nothing to boot the first server from")
    flavor = next(flavor for flavor in flavors if flavor["name"] == flavor_name)
    body = {"name": NAME, "imageRef": images[0]["id"], "flavorRef": flavor["id"], "key_name": KEYPAIR,
            "networks": [{"uuid": networks[0]["id"]}]}
    return str(client.post("/compute/v2.1/servers", {"server": body})["server"]["id"])


def _delete(client: Client, server_id: str) -> None:
    client.delete(f"/compute/v2.1/servers/{server_id}")

    def gone() -> bool:
        try:
            client.get(f"/compute/v2.1/servers/{server_id}")
        except ApiError as failure:
            return failure.status == 404
        return False

    wait_until(gone, f"deleting the failed server {NAME}", ACTIVE_TIMEOUT_S, 0.2)


def _is_active(client: Client, server_id: str) -> bool:
    server = client.get(f"/compute/v2.1/servers/{server_id}")["server"]
    if server["status"] == "ERROR":
        fault = server.get("fault", {}).get("message", "it does not say why")
        raise Refusal(f"the first server could not be built: {fault}")
    return bool(server["status"] == "ACTIVE")


def _address(server: dict[str, Any]) -> str:
    return str(server["addresses"][NETWORK][0]["addr"])


def _logs_in(host: str, private_key: pathlib.Path) -> bool:
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=2"]
    head, *rest = ssh_command(host, private_key)
    try:
        result = subprocess.run([head, *options, *rest, "true"], stdin=subprocess.DEVNULL, check=False,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=15)
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0
