"""Every kind of difference provoked alone in a cloud that is else in order, and its absence."""

import dataclasses
import pathlib
import unittest
from collections.abc import Callable
from typing import Any

from cumulo.common import names
from cumulo.common.audit.holdings import ComputeHoldings, HeldDhcp, HeldServer, StoreHoldings
from cumulo.scheduler.audit import facts as kinds_of_facts
from cumulo.scheduler.audit.differences import CHECKS, KINDS, differences
from cumulo.scheduler.audit.facts import Address, Claim, Facts, Network, Orphan, SubPort
from tests.fixtures import audit as cloud
from tests.fixtures.audit import facts, with_backend, with_compute, with_held, with_networks, with_server, with_store, with_target

change = dataclasses.replace
DOC = pathlib.Path(__file__).parents[4] / "doc" / "audit.md"
STRANGER = "5e000000-0000-4000-8000-00000000dead"
GONE = change(cloud.SERVER, id=STRANGER, status="DELETED", host=None, deleted_at=cloud.NOW - 900)


def port(**changes: object) -> Facts:
    """The cloud with a changed port of the server."""
    return facts(ports=(change(cloud.PORT, **changes), cloud.DHCP_PORT))


def carried(**changes: object) -> Facts:
    """The cloud with a port that a trunk carries over the server's, changed."""
    sub_port = change(cloud.PORT, id="carried", mac_address="fa:16:3e:00:00:09", device_id="trunk",
                      device_owner="trunk:subport", hostname="")
    return change(facts(ports=(cloud.PORT, cloud.DHCP_PORT, change(sub_port, **changes)),
                        sub_ports=(SubPort("carried", "trunk", cloud.PORT_ID),)), network={}, compute={})


def image(**changes: object) -> Facts:
    """The cloud with a changed image."""
    return facts(images=(change(cloud.IMAGE, **changes),))


def operation(**changes: object) -> Facts:
    """The cloud with an operation on the server."""
    return facts(operations=(change(cloud.OPERATION, **changes),))


def used(**changes: object) -> Facts:
    """The cloud with its volume attached to its server, whose domain does not have it."""
    attachment = change(cloud.ATTACHMENT, **changes)
    status = "in-use" if attachment.status == "attached" else "attaching"
    return facts(attachments=(attachment,), volumes=(change(cloud.VOLUME, status=status),))


def served() -> Facts:
    """The cloud with its volume attached to its server over the network, by a backend that does not serve it."""
    return change(used(connection={"kind": "nbd"}), compute=with_held(volumes=(cloud.VOLUME_ID,)).compute,
                  volume_backends=with_backend(exports=()).volume_backends)


def dhcp(**changes: object) -> Facts:
    """The cloud with another DHCP server on h1."""
    return with_networks(dhcp=(change(cloud.DHCP, **changes),))


OWN = {"host_cell": 0, "cpus": [0], "memory_mib": 512, "page_kib": None, "pins": [[0, 2]], "idle": [], "floats": []}


def own(fit: dict[str, Any] | None, second: dict[str, Any] | None = None) -> Facts:
    """The cloud with a server that is to have a processor of its own, and what its claims say of that."""
    flavor = {**cloud.SERVER.flavor, "extra_specs": {"hw:cpu_policy": "dedicated"}}
    claim = change(cloud.CLAIM, fit=fit, dedicated=1 if fit else 0)
    resized = "VERIFY_RESIZE" if second else cloud.SERVER.status
    return facts(servers=(change(cloud.SERVER, flavor=flavor, status=resized),), claims=(claim,),
                 moves=(change(claim, fit=second),) if second else (),
                 inventories={"h1": {"cells": [{"id": 0, "dedicated": "2-3", "pages": {"4": 4096}}]}})


def second_network() -> Facts:
    """The cloud with a network without ports, whose host is at its revision."""
    return facts(networks=(cloud.NETWORK, Network(cloud.OTHER_NETWORK_ID, False)),
                 changes={cloud.NETWORK_ID: 4, cloud.OTHER_NETWORK_ID: 5})


ROOT = kinds_of_facts.Project("root", "domain", None, True)
LEAF = kinds_of_facts.Project("leaf", "domain", "root", True)
STRAY = HeldServer(STRANGER, "running", True)
LOST = Claim(STRANGER, "h1", 1, 512, 1)
LONE = change(cloud.PORT, id="lone", mac_address="fa:16:3e:00:00:08", device_id="", device_owner="", host="",
              status="DOWN", hostname="")
SECOND_DHCP = change(cloud.DHCP_PORT, id="d1", mac_address="fa:16:3e:00:00:09")

PROVOKED: dict[str, Callable[[], Facts]] = {
    "claim_without_server": lambda: facts(claims=(cloud.CLAIM, LOST)),
    "claim_of_deleted_server": lambda: facts(claims=(cloud.CLAIM, LOST), servers=(cloud.SERVER, GONE)),
    "claim_elsewhere": lambda: facts(claims=(change(cloud.CLAIM, host="h2"),)),
    "claim_of_other_size": lambda: facts(claims=(change(cloud.CLAIM, memory_mib=1024),)),
    "claim_on_unknown_host": lambda: facts(compute_hosts=("h2",)),
    "room_kept": lambda: facts(moves=(change(cloud.CLAIM, host="h2"),)),
    "own_given_twice": lambda: own(
        {"cells": [OWN], "emulator": [], "devices": []}, {"cells": [OWN], "emulator": [], "devices": []}),
    "own_not_there": lambda: own({"cells": [OWN | {"pins": [[0, 7]]}], "emulator": [], "devices": []}),
    "claim_without_own": lambda: own(None),
    "server_without_claim": lambda: facts(claims=()),
    "server_without_host": lambda: change(facts(
        servers=(change(cloud.SERVER, host=None),), claims=(), ports=(change(cloud.PORT, host="", status="DOWN"),),
        addresses=(cloud.ADDRESS,), subnets=(change(cloud.SUBNET, enable_dhcp=False),)), compute={}, network={}),
    "deleted_server_on_host": lambda: facts(servers=(cloud.SERVER, change(GONE, host="h2"))),
    "operation_stuck": lambda: operation(phase="stuck", error="undo of boot: no answer"),
    "operation_neglected": lambda: operation(due=cloud.NOW - 90, leased_until=0.0, updated_at=cloud.NOW - 90),
    "operation_sleeps_too_long": lambda: operation(leased_until=cloud.NOW + 90_000),
    "operation_holds_after_end": lambda: operation(phase="done"),
    "operation_holds_nothing": lambda: operation(active_key=None),
    "operation_of_missing_resource": lambda: operation(resource_id=STRANGER, active_key=STRANGER),
    "operation_of_deleted_server": lambda: facts(
        servers=(cloud.SERVER, GONE), operations=(change(cloud.OPERATION, resource_id=STRANGER, active_key=STRANGER),)),
    "operation_of_unknown_flow": lambda: operation(flow="forgotten_flow"),
    "server_waits_for_nobody": lambda: with_server(status="BUILD"),
    "port_of_missing_server": lambda: facts(ports=(cloud.PORT, cloud.DHCP_PORT, change(
        cloud.PORT, id="lost", mac_address="fa:16:3e:00:00:07", device_id=STRANGER))),
    "port_of_deleted_server": lambda: facts(servers=(cloud.SERVER, GONE), ports=(cloud.PORT, cloud.DHCP_PORT, change(
        cloud.PORT, id="lost", mac_address="fa:16:3e:00:00:07", device_id=STRANGER, host="", status="DOWN"))),
    "port_bound_elsewhere": lambda: change(port(host="h2"), network={}, compute={}),
    "port_not_bound": lambda: change(port(host="", status="DOWN"), network={}, compute={}),
    "sub_port_adrift": lambda: carried(device_id="another"),
    "sub_port_elsewhere": lambda: carried(host="h2"),
    "port_status": lambda: port(status="DOWN"),
    "port_not_active": lambda: port(status="BUILD"),
    "address_without_port": lambda: facts(addresses=(
        cloud.ADDRESS, cloud.DHCP_ADDRESS, Address("no-port", cloud.SUBNET_ID, "10.0.0.9"))),
    "address_of_missing_subnet": lambda: facts(addresses=(
        cloud.ADDRESS, cloud.DHCP_ADDRESS, Address(cloud.PORT_ID, "no-subnet", "10.0.0.9"))),
    "address_of_other_network": lambda: facts(
        networks=(cloud.NETWORK, Network(cloud.OTHER_NETWORK_ID, False)),
        subnets=(cloud.SUBNET, change(cloud.SUBNET, id="other", network_id=cloud.OTHER_NETWORK_ID)),
        addresses=(cloud.ADDRESS, cloud.DHCP_ADDRESS, Address(cloud.PORT_ID, "other", "10.0.0.9"))),
    "address_outside_range": lambda: facts(addresses=(
        cloud.ADDRESS, cloud.DHCP_ADDRESS, Address("lone", cloud.SUBNET_ID, "10.0.1.9")),
        ports=(cloud.PORT, cloud.DHCP_PORT, LONE)),
    "address_is_gateway": lambda: facts(addresses=(
        cloud.ADDRESS, cloud.DHCP_ADDRESS, Address("lone", cloud.SUBNET_ID, "10.0.0.1")),
        ports=(cloud.PORT, cloud.DHCP_PORT, LONE)),
    "address_twice": lambda: facts(addresses=(
        cloud.ADDRESS, cloud.DHCP_ADDRESS, Address(cloud.DHCP_PORT_ID, cloud.SUBNET_ID, "10.0.0.3"))),
    "card_twice": lambda: facts(ports=(cloud.PORT, cloud.DHCP_PORT, change(LONE, mac_address=cloud.CARD))),
    "dhcp_ports_differ": lambda: facts(ports=(cloud.PORT, cloud.DHCP_PORT, SECOND_DHCP)),
    "quota_differs": lambda: facts(usage={"project": (1, 2, 512)}),
    "host_behind": lambda: facts(applied={"h1": 3, "h2": 5}),
    "host_ahead": lambda: facts(applied={"h1": 5, "h2": 6}),
    "revision_ahead": lambda: facts(changes={cloud.NETWORK_ID: 4, cloud.OTHER_NETWORK_ID: 6}),
    "image_without_file": lambda: with_store(),
    "image_without_location": lambda: change(image(locations=()), stores={"file": StoreHoldings()}),
    "image_without_upload": lambda: change(
        image(status="saving", locations=(), upload_id="data", upload_renewed_at=cloud.NOW - 200)),
    "image_without_import": lambda: change(image(status="importing", locations=()), stores={"file": StoreHoldings()}),
    "image_without_staging": lambda: change(image(status="uploading", locations=()), stores={"file": StoreHoldings()}),
    "staged_without_image": lambda: change(facts(), staging={"h1": StoreHoldings(("stray.plain",))}),
    "image_data_shared": lambda: facts(images=(cloud.IMAGE, change(cloud.IMAGE, id="second"))),
    "file_without_image": lambda: with_store("data", "stray"),
    "part_without_upload": lambda: with_store("data", partial=("stray",)),
    "row_names_nothing": lambda: facts(orphans=(Orphan("server_tag", "server_id", STRANGER, "server"),)),
    "project_elsewhere": lambda: facts(projects=(ROOT, change(LEAF, domain_id="other"))),
    "project_below_disabled": lambda: facts(projects=(change(ROOT, enabled=False), LEAF)),
    "project_below_itself": lambda: facts(projects=(change(ROOT, parent_id="leaf"), LEAF)),
    "role_implies_itself": lambda: facts(implied_roles=(("a", "b"), ("b", "c"), ("c", "a"))),
    "key_without_answer": lambda: facts(unanswered_keys=("key",)),
    "keys_not_removed": lambda: facts(expired_keys=3),
    "domain_without_server": lambda: with_compute(h2=ComputeHoldings((STRAY,))),
    "domain_elsewhere": lambda: with_compute(h2=ComputeHoldings((HeldServer(cloud.SERVER_ID, "off", True),))),
    "domain_twice": lambda: with_compute(h2=ComputeHoldings((change(cloud.HELD, files=(), devices=()),))),
    "domain_missing": lambda: with_held(power=None, is_defined=False, processes=0),
    "domain_not_defined": lambda: with_held(is_defined=False),
    "domain_power": lambda: with_held(power="off", devices=(), processes=0),
    "process_without_domain": lambda: with_held(processes=2),
    "files_without_server": lambda: with_compute(h2=ComputeHoldings((change(STRAY, power=None, files=("disk",)),))),
    "file_missing": lambda: with_held(files=("base",)),
    "file_unknown": lambda: with_held(files=("base", "disk", "swap.new")),
    "card_missing": lambda: with_held(devices=()),
    "card_without_port": lambda: with_held(devices=(cloud.TAP, "tapdeadbeef-00")),
    "stray_file": lambda: with_compute(h2=ComputeHoldings((), ("images-cache/.x.partial",))),
    "device_missing": lambda: with_networks(bridges=()),
    "device_stray": lambda: with_networks("h2", bridges=("cudeadbeef-00",)),
    "network_differs": lambda: with_networks("h2", differences=("cudeadbeef-00: set mtu 1400",)),
    "dhcp_missing": lambda: dhcp(is_running=False),
    "dhcp_stray": lambda: with_networks("h2", processes=(STRANGER,)),
    "dhcp_entry_missing": lambda: dhcp(entries=()),
    "dhcp_entry_stray": lambda: dhcp(leases=((cloud.CARD, "10.0.0.3"), ("fa:16:3e:00:00:66", "10.0.0.66"))),
    "metadata_missing": lambda: with_networks(metadata=()),
    "metadata_stray": lambda: with_networks("h2", metadata=(STRANGER,)),
    "rule_missing": lambda: with_networks(masqueraded=()),
    "rule_stray": lambda: with_networks("h2", isolated=("cudeadbeef-00",)),
    "bridge_card_missing": lambda: with_networks(cards=()),
    "volume_in_no_use": lambda: facts(volumes=(change(cloud.VOLUME, status="in-use"),)),
    "attachment_of_missing_server": lambda: used(server_id=STRANGER),
    "attachment_waits_for_nobody": lambda: used(status="attaching"),
    "disk_missing": lambda: used(),
    "disk_without_attachment": lambda: with_held(volumes=(cloud.VOLUME_ID,)),
    "volume_offered_to_nobody": lambda: facts(transfers=frozenset((cloud.VOLUME_ID,))),
    "group_not_forgotten": lambda: facts(empty_groups=("9009",)),
    "volume_waits_for_nobody": lambda: facts(volumes=(change(cloud.VOLUME, status="creating"),)),
    "volume_not_on_backend": lambda: with_backend(volumes=()),
    "volume_smaller": lambda: with_backend(volumes=((cloud.VOLUME_ID, 1),)),
    "volume_without_row": lambda: with_backend(volumes=((cloud.VOLUME_ID, 2), (STRANGER, 1))),
    "volume_half_made": lambda: with_backend(partial=(STRANGER,)),
    "volume_quota_differs": lambda: facts(volume_usage={"project": (2, 1, 4)}),
    "export_missing": lambda: served(),
    "export_without_attachment": lambda: with_backend(exports=(cloud.VOLUME_ID,)),
    "backup_waits_for_nobody": lambda: facts(backups=(change(cloud.BACKUP, status="creating"),)),
    "backup_without_data": lambda: with_target(whole=()),
    "backup_without_row": lambda: with_target(whole=(cloud.BACKUP_ID, STRANGER)),
    "backup_half_made": lambda: with_target(partial=(STRANGER,)),
    "backup_quota_differs": lambda: facts(backup_usage={"project": (2, 2)}),
    "snapshot_not_on_backend": lambda: with_backend(snapshots=()),
    "snapshot_without_row": lambda: with_backend(snapshots=(cloud.SNAPSHOT_ID, STRANGER)),
    "bridge_card_stray": lambda: with_networks(cards=((cloud.TAP, cloud.BRIDGE), ("tapdeadbeef-00", cloud.BRIDGE))),
}
#: What a provoked difference cannot come without.
BESIDES = {
    "domain_twice": {"domain_elsewhere"},  # the row names one host only
}


class ChecksTest(unittest.TestCase):
    """The table of checks."""

    def test_a_cloud_in_order_has_no_difference(self) -> None:
        self.assertEqual([], differences(facts()))
        self.assertEqual([], differences(Facts(kinds_of_facts.DatabaseFacts(now=cloud.NOW))))
        self.assertEqual([], differences(second_network()))

    def test_each_kind_is_provoked_alone(self) -> None:
        for kind, make in PROVOKED.items():
            with self.subTest(kind=kind):
                found = {each.kind for each in differences(make())}
                self.assertEqual({kind} | BESIDES.get(kind, set()), found)

    def test_every_kind_is_provoked_and_documented(self) -> None:
        self.assertEqual(set(KINDS), set(PROVOKED))
        text = DOC.read_text(encoding="utf-8")
        self.assertEqual([], [kind for kind in KINDS if f"`{kind}`" not in text], "List it in doc/audit.md.")
        self.assertEqual(sum(len(check.KINDS) for check in CHECKS), len(KINDS), "two checks share a kind")

    def test_a_difference_is_the_same_at_the_next_look(self) -> None:
        for make in PROVOKED.values():
            found = differences(make())
            self.assertEqual([each.id for each in found], [each.id for each in differences(make())])
            self.assertEqual(len(found), len({each.id for each in found}), found)


class ExcuseTest(unittest.TestCase):
    """What must not be judged."""

    def test_a_busy_server_is_excused(self) -> None:
        for kind in ("claim_elsewhere", "server_without_claim", "port_bound_elsewhere", "domain_missing",
                     "file_missing", "card_missing", "domain_power", "dhcp_entry_missing", "server_waits_for_nobody"):
            with self.subTest(kind=kind):
                self.assertEqual([], differences(change(PROVOKED[kind](), busy=frozenset({cloud.SERVER_ID}))))

    def test_an_operation_does_not_excuse_itself(self) -> None:
        for kind in ("operation_neglected", "operation_stuck", "operation_sleeps_too_long"):
            with self.subTest(kind=kind):
                self.assertTrue(differences(change(PROVOKED[kind](), busy=frozenset({cloud.SERVER_ID}))))

    def test_a_silent_host_is_not_an_empty_one(self) -> None:
        self.assertEqual([], differences(change(facts(), compute={}, network={}, stores={})))
        self.assertIn("domain_missing", {each.kind for each in differences(with_compute(h1=ComputeHoldings()))})

    def test_a_network_that_its_host_has_not_reached_is_not_judged(self) -> None:
        for kind in ("device_missing", "dhcp_missing", "metadata_missing", "rule_missing", "dhcp_entry_missing"):
            with self.subTest(kind=kind):
                made = PROVOKED[kind]()
                early = change(made.network["h1"], revision=3)
                self.assertEqual([], differences(change(made, network={"h1": early})))

    def test_routers_are_where_they_are_needed(self) -> None:
        whole = facts(needed_routers={"h2": frozenset({"r"})})
        self.assertEqual([("device_missing", "r", "h2")], [(each.kind, each.subject, each.host) for each in differences(whole)])
        namespace = names.router_namespace("r")
        made = change(whole, network=with_networks("h2", routers=(namespace,)).network)
        self.assertEqual([], differences(made))
        self.assertEqual(["device_stray"], [each.kind for each in differences(with_networks("h2", routers=(namespace,)))])

    def test_a_stray_of_a_deleted_network_is_judged_once_its_host_knows(self) -> None:
        gone = "ee222222-0000-4000-8000-000000000003"
        whole = with_networks(processes=(cloud.NETWORK_ID, gone))
        for revision, expected in ((5, {"dhcp_stray"}), (6, set())):
            rows = change(whole.database, changes={cloud.NETWORK_ID: 4, gone: revision}, revision=6)
            self.assertEqual(expected, {each.kind for each in differences(change(whole, database=rows))})

    def test_a_port_without_dhcp_needs_no_entry(self) -> None:
        self.assertEqual([], differences(change(facts(
            subnets=(change(cloud.SUBNET, enable_dhcp=False),), ports=(cloud.PORT,), addresses=(cloud.ADDRESS,)),
            network={"h1": change(cloud.NETWORKS, pairs=(), namespaces=(), dhcp=(), processes=(), metadata=())})))

    def test_a_port_that_only_names_a_server_is_none_of_its(self) -> None:
        for device_id in (cloud.SERVER_ID, STRANGER, GONE.id):
            posing = change(LONE, device_id=device_id, device_owner="compute:nova")
            self.assertEqual([], differences(facts(ports=(cloud.PORT, cloud.DHCP_PORT, posing),
                                                   servers=(cloud.SERVER, GONE))))

    def test_leftover_dhcp_files_are_named(self) -> None:
        found = differences(with_networks("h2", dhcp=(HeldDhcp(STRANGER, False),)))
        self.assertEqual([("dhcp_stray", "h2", STRANGER)], [(each.kind, each.host, each.subject) for each in found])


if __name__ == "__main__":
    unittest.main()
