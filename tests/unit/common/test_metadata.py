"""The metadata files a server reads: both layouts from one set of facts."""

from __future__ import annotations

import base64
import unittest
from typing import Any

import orjson

from cumulo.common import metadata


def facts(**changes: Any) -> dict[str, Any]:
    """The facts of one ordinary server."""
    ordinary: dict[str, Any] = {
        "id": "0a1b2c3d-0000-4000-8000-000000000001",
        "name": "web",
        "hostname": "web",
        "project_id": "p" * 32,
        "flavor": {"id": "1", "name": "m1.tiny", "vcpus": 1, "memory_mib": 128, "root_gib": 1},
        "image": {"id": "feedbeef-0000-4000-8000-000000000001"},
        "ports": [{
            "id": "77777777-7777-4777-8777-777777777777", "mac_address": "fa:16:3e:00:00:01",
            "network_id": "net", "bridge": "cunet", "mtu": 1500,
            "fixed_ips": [{"ip_address": "10.1.0.5", "subnet_id": "s", "prefix_length": 24,
                           "gateway_ip": "10.1.0.1", "dns_nameservers": ["9.9.9.9"]}],
        }],
        "user_data": base64.b64encode(b"#!/bin/sh\n").decode(),
        "metadata": {"role": "front"},
        "public_keys": {"mine": "ssh-ed25519 AAAA me"},
        "availability_zone": "nova",
    }
    return ordinary | changes


class OpenStackLayoutTest(unittest.TestCase):
    """openstack/…"""

    def test_latest_holds_every_document(self) -> None:
        files = metadata.openstack_files(facts())
        latest = {name.rsplit("/", 1)[1] for name in files if name.startswith("openstack/latest/")}
        self.assertEqual(
            {"meta_data.json", "user_data", "vendor_data.json", "vendor_data2.json", "network_data.json"}, latest)

    def test_meta_data_names_the_server_and_its_keys(self) -> None:
        document = orjson.loads(metadata.openstack_files(facts())["openstack/latest/meta_data.json"])
        self.assertEqual("0a1b2c3d-0000-4000-8000-000000000001", document["uuid"])
        self.assertEqual({"mine": "ssh-ed25519 AAAA me"}, document["public_keys"])
        self.assertEqual({"role": "front"}, document["meta"])
        self.assertNotIn("admin_pass", document)

    def test_password_is_given_when_there_is_one(self) -> None:
        self.assertEqual("s3cret", metadata.meta_data_document(facts(admin_password="s3cret"))["admin_pass"])

    def test_user_data_is_decoded_and_absent_without(self) -> None:
        self.assertEqual(b"#!/bin/sh\n", metadata.openstack_files(facts())["openstack/latest/user_data"])
        self.assertNotIn("openstack/latest/user_data", metadata.openstack_files(facts(user_data=None)))

    def test_files_that_were_given(self) -> None:
        given = facts(injected_files=[{"path": "/a", "contents": "eA=="}, {"path": "/b", "contents": ""}])
        files, named = metadata.openstack_files(given), metadata.meta_data_document(given)["files"]
        self.assertEqual([("/a", b"x"), ("/b", b"")], [(each["path"], files[f"openstack{each['content_path']}"]) for each in named])
        self.assertNotIn("files", metadata.meta_data_document(facts()))
        self.assertEqual(b"x", metadata.openstack_lookup(given, "openstack/content/0000"))

    def test_old_versions_lack_what_came_later(self) -> None:
        files = metadata.openstack_files(facts())
        self.assertIn("openstack/2012-08-10/meta_data.json", files)
        self.assertNotIn("openstack/2012-08-10/vendor_data.json", files)
        self.assertNotIn("openstack/2013-10-17/network_data.json", files)

    def test_listing_of_versions_ends_with_latest(self) -> None:
        listed = metadata.openstack_lookup(facts(), "/openstack/") or b""
        self.assertEqual([*metadata.OPENSTACK_VERSIONS, "latest"], listed.decode().split())

    def test_unknown_path_is_none(self) -> None:
        self.assertIsNone(metadata.openstack_lookup(facts(), "openstack/1999-01-01"))
        self.assertIsNone(metadata.openstack_lookup(facts(), "openstack/latest/meta_data.jso"))

    def test_network_data_by_dhcp(self) -> None:
        document = metadata.network_data_document(facts())
        self.assertEqual("fa:16:3e:00:00:01", document["links"][0]["ethernet_mac_address"])
        self.assertEqual("ipv4_dhcp", document["networks"][0]["type"])
        self.assertEqual([{"type": "dns", "address": "9.9.9.9"}], document["services"])

    def test_network_data_written_out_without_dhcp(self) -> None:
        port = facts()["ports"][0]
        port["fixed_ips"][0]["enable_dhcp"] = False
        entry = metadata.network_data_document(facts(ports=[port]))["networks"][0]
        self.assertEqual(("ipv4", "10.1.0.5", "255.255.255.0"),
                         (entry["type"], entry["ip_address"], entry["netmask"]))
        self.assertEqual("10.1.0.1", entry["routes"][0]["gateway"])


class Ec2LayoutTest(unittest.TestCase):
    """latest/… and 2009-04-04/…"""

    def test_root_lists_versions(self) -> None:
        self.assertIn(b"2009-04-04", metadata.ec2_lookup(facts(), "/") or b"")

    def test_leaves(self) -> None:
        for path, expected in (
            ("latest/meta-data/hostname", b"web"),
            ("2009-04-04/meta-data/local-ipv4", b"10.1.0.5"),
            ("latest/meta-data/instance-id", b"i-0a1b2c3d"),
            ("latest/meta-data/instance-type", b"m1.tiny"),
            ("latest/meta-data/placement/availability-zone", b"nova"),
            ("latest/meta-data/public-keys/", b"0=mine"),
            ("latest/meta-data/public-keys/0/", b"openssh-key"),
            ("latest/meta-data/public-keys/0/openssh-key", b"ssh-ed25519 AAAA me"),
            ("latest/user-data", b"#!/bin/sh\n"),
            ("latest/", b"meta-data/\nuser-data"),
        ):
            with self.subTest(path):
                self.assertEqual(expected, metadata.ec2_lookup(facts(), path))

    def test_listing_marks_folders(self) -> None:
        listed = (metadata.ec2_lookup(facts(), "latest/meta-data/") or b"").decode().split("\n")
        self.assertIn("placement/", listed)
        self.assertIn("hostname", listed)

    def test_unknown_is_none(self) -> None:
        for path in ("1999/meta-data", "latest/nothing", "latest/meta-data/hostname/x", "latest/meta-data/x"):
            with self.subTest(path):
                self.assertIsNone(metadata.ec2_lookup(facts(), path))
        self.assertIsNone(metadata.ec2_lookup(facts(user_data=None), "latest/user-data"))


if __name__ == "__main__":
    unittest.main()
