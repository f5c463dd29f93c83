"""What is shown in the lab with real guests: moves of every kind, while packets are counted and disks are written."""

import base64
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

from cumulo.cloud.client import wait_until
from tests.lab.lab import Guest
from tests.lab.libvirt import SERVERS, Hypervisor, LibvirtLab, guest_image

PING_EVERY_S = 0.1
CIDR = "10.9.0.0/24"
#: It writes a number again and again, each on the disk before it is said; at every later boot it says what was kept.
WRITER = """#!/bin/sh
echo '(sleep 1; echo "kept $(cat /root/count)" > /dev/console) &' >> /etc/rc.boot
i=0
while :; do i=$((i+1)); echo $i > /root/count; sync; echo "count $i" > /dev/console; sleep 0.2; done
"""


class World:
    """A project in the lab: image, network, and a machine on the last host that only pings."""

    def __init__(self, lab: LibvirtLab) -> None:
        self.lab, self.client = lab, lab.client
        built = guest_image()
        parts = {name: self._image(built / name, name, kind) for name, kind in (("vmlinuz", "aki"), ("initrd", "ari"))}
        self.image_id = self._image(built / "guest.qcow2", "guest", "qcow2", kernel_id=parts["vmlinuz"],
                                    ramdisk_id=parts["initrd"], os_command_line=(built / "cmdline").read_text().strip())
        for name, ram in (("small", 96), ("large", 128)):
            self.client.post("/compute/v2.1/flavors", {"flavor": {
                "name": name, "id": name, "vcpus": 1, "ram": ram, "disk": 1}})
        self.network_id = str(self._network("networks", {"network": {
            "name": "tenant", "provider:network_type": "vxlan"}})["id"])
        self._network("subnets", {"subnet": {"network_id": self.network_id, "ip_version": 4, "cidr": CIDR}})
        group = self.client.get("/network/v2.0/security-groups?name=default")["security_groups"][0]["id"]
        self._network("security-group-rules", {"security_group_rule": {
            "security_group_id": group, "direction": "ingress", "protocol": "icmp"}})
        asker = self._network("ports", {"port": {
            "network_id": self.network_id, "binding:host_id": "h3", "device_owner": "lab:asker", "device_id": "asker"}})
        wait_until(lambda: "ACTIVE" in self.client.get(f"/network/v2.0/ports/{asker['id']}")["port"]["status"],
                   "a port for who asks", 60, 0.2)
        self.asker = Guest(lab.hosts["h3"], asker | {"binding_host_id": "h3"})

    def _network(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        (made,) = self.client.post(f"/network/v2.0/{path}", body).values()
        return dict(made)

    def _image(self, file: Any, name: str, kind: str, **properties: str) -> str:
        container = kind if kind in ("aki", "ari") else "bare"
        image_id = str(self.client.post("/image/v2/images", {
            "name": name, "disk_format": kind, "container_format": container, **properties})["id"])
        self.client.upload(f"/image/v2/images/{image_id}/file", file.read_bytes())
        return image_id

    def boot(self, name: str, host: str) -> str:
        """Return a server that runs on a host, answers pings and writes."""
        server_id = str(self.client.post(SERVERS, {"server": {
            "name": name, "imageRef": self.image_id, "flavorRef": "small", "networks": [{"uuid": self.network_id}],
            "availability_zone": f"nova:{host}", "config_drive": True,
            "user_data": base64.b64encode(WRITER.encode()).decode()}})["server"]["id"])
        self.lab.wait(server_id, "ACTIVE")
        wait_until(lambda: self.count(server_id) > 2, f"a guest that writes: {self.said(server_id)[-300:]}", 120, 0.2)
        wait_until(lambda: self.asker.reaches(self.address(server_id)), "an answer to a ping", 60, 0.2)
        return server_id

    def address(self, server_id: str) -> str:
        """The server's address in the tenant network."""
        shown = self.client.get(f"{SERVERS}/{server_id}")["server"]
        return str(shown["addresses"]["tenant"][0]["addr"])

    def said(self, server_id: str) -> str:
        """The console of the server on the host where it is."""
        return self.lab.host_of(server_id).console(server_id)

    def count(self, server_id: str) -> int:
        """The last number that the guest said it has written."""
        return max((int(each) for each in re.findall(r"count (\d+)\r?\n", self.said(server_id))), default=0)

    def act(self, server_id: str, action: dict[str, Any]) -> None:
        """Ask for an action."""
        self.client.post(f"{SERVERS}/{server_id}/action", action)

    def delete(self, server_id: str) -> None:
        """Delete a server and see that no host holds anything of it."""
        self.client.delete(f"{SERVERS}/{server_id}")
        wait_until(lambda: not self.client.has(f"{SERVERS}/{server_id}"), "a deleted server", 90, 0.2)
        for host in self.lab.hosts.values():
            if host.processes:
                self.check_gone(server_id, host)

    def check_gone(self, server_id: str, host: Hypervisor) -> None:
        """See that a host has no domain and no files of a server."""
        assert server_id not in host.domains(), (host.name, server_id)
        assert not (host.state_dir / "servers" / server_id).exists(), (host.name, server_id)


class Pings:
    """A ping that goes on and on, and what came back of it."""

    def __init__(self, guest: Guest, address: str) -> None:
        self._process = subprocess.Popen(
            guest.command("ping", "-n", "-D", "-i", str(PING_EVERY_S), address), stdout=subprocess.PIPE, text=True)

    def end(self) -> dict[str, Any]:
        """Return how many answers are missing between the first and the last, and the longest silence in seconds."""
        self._process.send_signal(2)
        said, _ = self._process.communicate(timeout=10)
        found = [(float(when), int(number)) for when, number in re.findall(r"\[([\d.]+)\].* icmp_seq=(\d+) .*time=", said)]
        assert len(found) > 1, said
        numbers = {number for _, number in found}
        times = sorted(when for when, _ in found)
        return {"sent": max(numbers) - min(numbers) + 1, "lost": max(numbers) - min(numbers) + 1 - len(numbers),
                "longest_silence_s": round(max(after - before for before, after in zip(times, times[1:], strict=False)), 2)}


def live(world: World, server_id: str, target: str) -> dict[str, Any]:
    """Move a server while it runs, under pings; nothing that it wrote may be lost."""
    source, before = world.lab.host_of(server_id), world.count(server_id)
    pings, began = Pings(world.asker, world.address(server_id)), time.monotonic()
    time.sleep(1)
    world.act(server_id, {"os-migrateLive": {"host": target, "block_migration": True, "disk_over_commit": False}})
    world.lab.wait(server_id, "ACTIVE")
    took_s = time.monotonic() - began - 1
    assert world.lab.host_of(server_id).name == target
    last = max(int(each) for each in [str(before), *re.findall(r"count (\d+)\r?\n", source.console(server_id))])
    wait_until(lambda: world.count(server_id) > last + 5, "a guest that goes on writing", 60, 0.2)
    first = min(int(each) for each in re.findall(r"count (\d+)\r?\n", world.said(server_id)))
    world.check_gone(server_id, source)
    counted = pings.end()
    assert counted["lost"] * PING_EVERY_S < 5, counted
    return counted | {"took_s": round(took_s, 1), "wrote_before": before, "first_written_there": first}


def check_disk(world: World, server_id: str) -> int:
    """Start a server again and see that what it had written last is on its disk; return that number."""
    written = world.count(server_id)
    world.act(server_id, {"reboot": {"type": "SOFT"}})
    world.lab.wait(server_id, "ACTIVE")
    wait_until(lambda: "kept " in world.said(server_id), "a guest that says what was kept", 120, 0.2)
    kept = int(re.findall(r"kept (\d+)", world.said(server_id))[-1])
    assert kept >= written, (kept, written)
    return kept


def short(lab: LibvirtLab) -> dict[str, Any]:
    """A guest moves to another host and back while it is pinged from a third one and writes to its disk."""
    world = World(lab)
    server_id = world.boot("one", "h1")
    told: dict[str, Any] = {"there": live(world, server_id, "h2")}
    told["kept"] = check_disk(world, server_id)
    world.delete(server_id)
    return told


def cold(world: World, server_id: str, action: dict[str, Any]) -> dict[str, Any]:
    """Move a server while it is off, and confirm: what it had written is there."""
    source, written, began = world.lab.host_of(server_id), world.count(server_id), time.monotonic()
    world.act(server_id, action)
    world.lab.wait(server_id, "VERIFY_RESIZE")
    took_s = time.monotonic() - began
    wait_until(lambda: "kept " in world.said(server_id), "a guest that says what was kept", 120, 0.2)
    kept = int(re.findall(r"kept (\d+)", world.said(server_id))[-1])
    assert kept >= written, (kept, written)
    world.act(server_id, {"confirmResize": None})
    world.lab.wait(server_id, "ACTIVE")
    assert world.lab.host_of(server_id).name != source.name
    world.check_gone(server_id, source)
    wait_until(lambda: world.asker.reaches(world.address(server_id)), "an answer to a ping", 60, 0.2)
    return {"took_s": round(took_s, 1), "kept": kept, "from": source.name, "to": world.lab.host_of(server_id).name}


def evacuate(world: World, server_id: str) -> dict[str, Any]:
    """Kill the host of a server; it comes back on another one, with its address."""
    host, address = world.lab.host_of(server_id), world.address(server_id)
    host.kill()
    host.processes.clear()
    began = time.monotonic()
    service = {"host": host.name, "binary": "nova-compute", "forced_down": True}
    world.client.request("PUT", "/compute/v2.1/os-services/force-down", service, version="compute 2.11")
    world.act(server_id, {"evacuate": {"onSharedStorage": False}})
    world.lab.wait(server_id, "ACTIVE")
    took_s = time.monotonic() - began
    assert world.address(server_id) == address
    wait_until(lambda: world.asker.reaches(address), "an answer to a ping", 120, 0.2)
    return {"took_s": round(took_s, 1), "answers_after_s": round(time.monotonic() - began, 1), "from": host.name,
            "to": world.lab.host_of(server_id).name}


def whole(lab: LibvirtLab) -> dict[str, Any]:
    """Every kind of move of one guest, one after another."""
    world = World(lab)
    server_id = world.boot("one", "h1")
    told: dict[str, Any] = {}
    for name, tell in (("live", lambda: live(world, server_id, "h2")), ("live back", lambda: live(world, server_id, "h1")),
                       ("kept", lambda: check_disk(world, server_id)),
                       ("cold", lambda: cold(world, server_id, {"migrate": None})),
                       ("resize", lambda: cold(world, server_id, {"resize": {"flavorRef": "large"}}))):
        told[name] = tell()
        print(name, told[name], flush=True)
    world.act(server_id, {"os-migrateLive": {"host": "h2" if lab.host_of(server_id).name != "h2" else "h1",
                                             "block_migration": True, "disk_over_commit": False}})
    lab.wait(server_id, "ACTIVE")
    told["evacuated"] = evacuate(world, server_id)
    print("evacuated", told["evacuated"], flush=True)
    world.delete(server_id)
    return told


STORIES: dict[str, Callable[[LibvirtLab], dict[str, Any]]] = {"short": short, "whole": whole}
