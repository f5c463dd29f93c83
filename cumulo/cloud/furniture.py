"""What a new cloud is furnished with through its own public APIs: flavors, networks, a guest image.

Every function looks first and makes what is missing, so that a start that was interrupted goes on.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from cumulo.cloud.client import Client, quoted
from cumulo.cloud.guest_image import GuestImage

NETWORK = "default-net"
SUBNET = "default-subnet"
CIDR = "172.24.4.0/24"
EXTERNAL = "public"
EXTERNAL_CIDR = "172.24.5.0/24"
IMAGE = "guest"
#: name -> (vcpus, memory MiB, root disk GiB)
FLAVORS = {
    "m1.nano": (1, 128, 1), "m1.micro": (1, 256, 1), "m1.tiny": (1, 512, 1), "m1.small": (1, 2048, 20),
    "m1.medium": (2, 4096, 40), "m1.large": (4, 8192, 80), "m1.xlarge": (8, 16384, 160),
}


def ensure_flavors(client: Client) -> None:
    """Make the flavors that are missing."""
    present = {flavor["name"] for flavor in client.get("/compute/v2.1/flavors?is_public=None")["flavors"]}
    for name, (vcpus, memory_mib, root_gib) in FLAVORS.items():
        if name not in present:
            client.post("/compute/v2.1/flavors", {"flavor": {
                "name": name, "vcpus": vcpus, "ram": memory_mib, "disk": root_gib}})


def ensure_networks(client: Client, physical_networks: Sequence[str]) -> None:
    """Make the flat network that every project may use, and the one that floating addresses come from.

    A configuration with one physical network only has no room for the second.
    """
    _ensure_network(client, NETWORK, {"shared": True, "provider:physical_network": physical_networks[0]},
                    SUBNET, {"cidr": CIDR})
    if len(physical_networks) > 1:
        outside = {"router:external": True, "is_default": True, "provider:physical_network": physical_networks[1]}
        _ensure_network(client, EXTERNAL, outside, f"{EXTERNAL}-subnet", {"cidr": EXTERNAL_CIDR, "enable_dhcp": False})


def _ensure_network(client: Client, name: str, network: dict[str, Any], subnet_name: str, subnet: dict[str, Any]) -> None:
    made = _first(client.get(f"/network/v2.0/networks?name={name}")["networks"])
    if made is None:
        made = client.post("/network/v2.0/networks", {"network": {
            "name": name, "provider:network_type": "flat", **network}})["network"]
    if not client.get(f"/network/v2.0/subnets?name={subnet_name}&network_id={made['id']}")["subnets"]:
        client.post("/network/v2.0/subnets", {"subnet": {
            "name": subnet_name, "network_id": made["id"], "ip_version": 4, **subnet}})


def ensure_login(client: Client) -> None:
    """Let the first project's default security group answer SSH and ping, as the first server is to be logged in to."""
    project = client.get("/identity/v3/projects?name=admin")["projects"][0]
    group = client.get(f"/network/v2.0/security-groups?name=default&project_id={project['id']}")["security_groups"][0]
    held = {(rule["direction"], rule["protocol"], rule["port_range_min"]) for rule in group["security_group_rules"]}
    for protocol, port in (("tcp", 22), ("icmp", None)):
        if ("ingress", protocol, port) not in held:
            client.post("/network/v2.0/security-group-rules", {"security_group_rule": {
                "security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", "protocol": protocol,
                "port_range_min": port, "port_range_max": port}})


def ensure_images(client: Client, guest: GuestImage) -> None:
    """Upload the guest image and the kernel and ramdisk it boots from."""
    properties: dict[str, Any] = {}
    if guest.kernel and guest.ramdisk:
        kernel = _ensure_image(client, f"{IMAGE}-kernel", "aki", guest.kernel, {})
        ramdisk = _ensure_image(client, f"{IMAGE}-ramdisk", "ari", guest.ramdisk, {})
        properties = {"kernel_id": kernel, "ramdisk_id": ramdisk, "os_command_line": guest.command_line}
    _ensure_image(client, IMAGE, guest.disk_format, guest.disk, properties)


def _ensure_image(client: Client, name: str, form: str, path: pathlib.Path, properties: dict[str, Any]) -> str:
    """Return the id of the active image of this name; one whose upload never ended is replaced."""
    for image in client.get(f"/image/v2/images?name={quoted(name)}")["images"]:
        if image["status"] == "active":
            return str(image["id"])
        client.delete(f"/image/v2/images/{image['id']}")
    container = form if form in ("aki", "ari") else "bare"
    image = client.post("/image/v2/images", {
        "name": name, "disk_format": form, "container_format": container, "visibility": "public", **properties})
    with open(path, "rb") as stream:
        client.upload(f"/image/v2/images/{image['id']}/file", stream, path.stat().st_size)
    return str(image["id"])


def _first(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    return rows[0] if rows else None
