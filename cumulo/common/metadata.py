"""What a server may read about itself, rendered from its facts: pure functions.

Two readers share this page, so that they can never disagree: the metadata service (HTTP at
169.254.169.254) and the config drive (the same files on a small disk). `facts` is the answer of
the scheduler's `server_facts`. Nothing here does I/O, and the same facts give the same bytes.

The OpenStack layout is described in the Compute "Metadata service" user guide, the EC2 layout in
the Amazon EC2 guide's "Instance metadata categories".
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import Any

import orjson

Facts = Mapping[str, Any]

# Each dated version fixes which files exist; a later date only ever adds one.
OPENSTACK_VERSIONS = (
    "2012-08-10",
    "2013-04-04",
    "2013-10-17",
    "2015-10-15",
    "2016-06-30",
    "2016-10-06",
    "2017-02-22",
    "2018-08-27",
    "2020-10-14",
)
LATEST = "latest"
_VENDOR_DATA_SINCE = "2013-10-17"
_NETWORK_DATA_SINCE = "2015-10-15"
_VENDOR_DATA2_SINCE = "2016-10-06"

EC2_VERSIONS = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
)

Tree = dict[str, "Tree | str"]


def openstack_files(facts: Facts) -> dict[str, bytes]:
    """Every file of the OpenStack layout, keyed by its path such as "openstack/latest/user_data".

    A file that has no content for this server (user data that was not given) is absent.
    """
    meta_data = orjson.dumps(meta_data_document(facts))
    network_data = orjson.dumps(network_data_document(facts))
    user_data = user_data_bytes(facts)
    files = {f"openstack{path}": base64.b64decode(each["contents"]) for path, each in _injected(facts)}
    # "latest" is text and sorts after every date, so one comparison serves all versions.
    for version in (*OPENSTACK_VERSIONS, LATEST):
        folder = f"openstack/{version}"
        files[f"{folder}/meta_data.json"] = meta_data
        if user_data is not None:
            files[f"{folder}/user_data"] = user_data
        if version >= _VENDOR_DATA_SINCE:
            files[f"{folder}/vendor_data.json"] = b"{}"
        if version >= _NETWORK_DATA_SINCE:
            files[f"{folder}/network_data.json"] = network_data
        if version >= _VENDOR_DATA2_SINCE:
            files[f"{folder}/vendor_data2.json"] = b"{}"
    return files


def _injected(facts: Facts) -> list[tuple[str, Mapping[str, str]]]:
    """The files that the user gave the server, each by where it is below the layout's root."""
    return [(f"/content/{number:04}", each) for number, each in enumerate(facts.get("injected_files") or ())]


def openstack_lookup(facts: Facts, path: str) -> bytes | None:
    """The answer to GET of `path` in the OpenStack layout: a file, or a folder's listing."""
    wanted = path.strip("/")
    files = openstack_files(facts)
    if wanted in files:
        return files[wanted]
    prefix = wanted + "/"
    names = dict.fromkeys(name[len(prefix):].split("/")[0] for name in files if name.startswith(prefix))
    return "\n".join(names).encode() if names else None


def ec2_lookup(facts: Facts, path: str) -> bytes | None:
    """The answer to GET of `path` in the EC2 layout; None when there is no such thing.

    "/" lists the versions. A folder's listing marks sub-folders with a trailing "/".
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        return "\n".join((*EC2_VERSIONS, LATEST)).encode()
    if parts[0] not in (*EC2_VERSIONS, LATEST):
        return None
    user_data = user_data_bytes(facts)
    if len(parts) == 1:
        return b"meta-data/" + (b"\nuser-data" if user_data is not None else b"")
    if parts[1] == "user-data" and len(parts) == 2:
        return user_data
    if parts[1] != "meta-data":
        return None
    return _walk(_ec2_tree(facts), parts[2:])


def user_data_bytes(facts: Facts) -> bytes | None:
    """The user data as the user wrote it (facts carry it in base64), or None."""
    text = facts.get("user_data")
    return base64.b64decode(text) if text else None


def meta_data_document(facts: Facts) -> dict[str, Any]:
    """The content of meta_data.json."""
    keys: Mapping[str, str] = facts.get("public_keys") or {}
    document: dict[str, Any] = {
        # The user's own pairs stand first: simple guests take the last match of a name.
        "meta": dict(facts.get("metadata") or {}),
        # Where a card sits in the guest is the hypervisor's to choose, and told by nobody: its address tells which it is.
        "devices": [{"type": "nic", "bus": "none", "address": "none", "mac": port["mac_address"], "tags": [port["tag"]]}
                    for port in facts.get("ports") or () if port.get("tag")],
        "uuid": facts["id"],
        "name": facts["name"],
        "hostname": facts["hostname"],
        "launch_index": facts.get("launch_index", 0),
        "availability_zone": facts.get("availability_zone"),
        "project_id": facts["project_id"],
    }
    if facts.get("injected_files"):
        document["files"] = [{"path": each["path"], "content_path": path} for path, each in _injected(facts)]
    if keys:
        document["public_keys"] = dict(keys)
        document["keys"] = [{"name": name, "type": "ssh", "data": key} for name, key in keys.items()]
    if facts.get("admin_password"):
        document["admin_pass"] = facts["admin_password"]
    if facts.get("random_seed"):
        document["random_seed"] = facts["random_seed"]
    return document


def network_data_document(facts: Facts) -> dict[str, Any]:
    """The content of network_data.json: links (the cards), networks (their addresses), services."""
    links: list[dict[str, Any]] = []
    networks: list[dict[str, Any]] = []
    name_servers: dict[str, None] = {}
    for port in facts.get("ports") or ():
        link = f"tap{port['id'][:11]}"
        links.append({
            "id": link,
            "vif_id": port["id"],
            "type": "bridge",
            "mtu": port.get("mtu"),
            "ethernet_mac_address": port["mac_address"],
        })
        for fixed in port.get("fixed_ips") or ():
            networks.append(_network_entry(f"network{len(networks)}", link, port, fixed))
            name_servers |= dict.fromkeys(fixed.get("dns_nameservers") or ())
    services = [{"type": "dns", "address": address} for address in name_servers]
    return {"links": links, "networks": networks, "services": services}


def _network_entry(entry_id: str, link: str, port: Facts, fixed: Facts) -> dict[str, Any]:
    """One address of one card: learnt by DHCP, or written out in full where there is no DHCP."""
    address = ipaddress.ip_address(fixed["ip_address"])
    family = f"ipv{address.version}"
    entry: dict[str, Any] = {"id": entry_id, "link": link, "network_id": port["network_id"]}
    if address.version == 6 and fixed.get("ipv6_address_mode"):
        return entry | {"type": f"ipv6_{fixed['ipv6_address_mode']}"}
    if fixed.get("enable_dhcp", True):
        return entry | {"type": f"{family}_dhcp"}
    whole = ipaddress.ip_network(f"{address}/{fixed['prefix_length']}", strict=False)
    gateway = fixed.get("gateway_ip")
    default_route = {"network": "::" if address.version == 6 else "0.0.0.0",
                     "netmask": "::" if address.version == 6 else "0.0.0.0", "gateway": gateway}
    return entry | {
        "type": family,
        "ip_address": str(address),
        "netmask": str(whole.netmask),
        "routes": [default_route] if gateway else [],
        "services": [{"type": "dns", "address": each} for each in fixed.get("dns_nameservers") or ()],
    }


def _ec2_tree(facts: Facts) -> Tree:
    """The meta-data folder as a tree of text leaves."""
    local = _addresses(facts)
    tree: Tree = {
        "ami-id": _ec2_id("ami", (facts.get("image") or {}).get("id")),
        "ami-launch-index": str(facts.get("launch_index", 0)),
        "block-device-mapping": {"ami": "vda", "root": "/dev/vda"},
        "hostname": facts["hostname"],
        "instance-action": "none",
        "instance-id": _ec2_id("i", facts["id"]),
        "instance-type": facts["flavor"]["name"],
        "local-hostname": facts["hostname"],
        "local-ipv4": local[0] if local else "",
        "placement": {"availability-zone": facts.get("availability_zone") or ""},
        "public-hostname": facts["hostname"],
        "public-ipv4": facts.get("public_ipv4") or "",
        "reservation-id": _ec2_id("r", facts["id"]),
        "security-groups": "\n".join(facts.get("security_groups") or ()),
    }
    if facts.get("kernel"):
        tree["kernel-id"] = _ec2_id("aki", facts["kernel"]["id"])
    if facts.get("ramdisk"):
        tree["ramdisk-id"] = _ec2_id("ari", facts["ramdisk"]["id"])
    keys: Mapping[str, str] = facts.get("public_keys") or {}
    if keys:
        # EC2 lists keys as "index=name" yet serves them under the bare index.
        tree["public-keys"] = {f"{at}={name}": {"openssh-key": key} for at, (name, key) in enumerate(keys.items())}
    return tree


def _walk(tree: Tree, parts: list[str]) -> bytes | None:
    """Follow `parts` down the tree; a leaf answers its text, a folder its listing."""
    here: Tree | str = tree
    for part in parts:
        if isinstance(here, str):
            return None
        found = next((here[name] for name in here if part in (name, name.split("=")[0])), None)
        if found is None:
            return None
        here = found
    if isinstance(here, str):
        return here.encode()
    return "\n".join(_listed(name, below) for name, below in sorted(here.items())).encode()


def _listed(name: str, below: Tree | str) -> str:
    """How a folder's listing shows one entry."""
    return name if isinstance(below, str) or "=" in name else f"{name}/"


def _addresses(facts: Facts) -> list[str]:
    """The IPv4 addresses of the server, in the order of its cards."""
    found = (fixed["ip_address"] for port in facts.get("ports") or () for fixed in port.get("fixed_ips") or ())
    return [address for address in found if ":" not in address]


def _ec2_id(kind: str, uuid: str | None) -> str:
    """A short EC2 style id that stays the same for the same uuid."""
    return f"{kind}-{(uuid or '').replace('-', '')[:8].rjust(8, '0')}"
