"""The audit of a whole cloud in one process: an ordinary life leaves nothing, and whatever is planted is named."""

import dataclasses
import pathlib
import unittest
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.cloud import audit as command
from cumulo.common import names
from cumulo.common.audit import findings
from cumulo.common.audit.holdings import NetworkHoldings
from cumulo.common.db.tables.audit import audit_finding
from cumulo.common.db.tables.compute import claim, compute_host, server
from cumulo.common.db.tables.image import image_location
from cumulo.common.db.tables.network import network_change, network_host, port
from cumulo.common.db.tables.operations import operation
from cumulo.compute.agent.fake import FakeDriver
from cumulo.compute.agent.main import make_driver
from cumulo.image.options import store_dir
from cumulo.scheduler.audit.differences import differences_now
from tests.fixtures.whole_cloud import HOST, V, WholeCloud

STRANGER = "5e000000-0000-4000-8000-00000000dead"


class AuditTest(unittest.TestCase):
    """One cloud for all tests: each ends with nothing differing."""

    cloud: WholeCloud

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud()
        cls.addClassCleanup(cls.cloud.close)

    def driver(self) -> FakeDriver:
        """A driver over the same file as the agent's."""
        made = make_driver(self.cloud.runtime)
        assert isinstance(made, FakeDriver)
        return made

    def write(self, statement: Any) -> None:
        """Change rows behind everybody's back."""
        with self.cloud.database.write() as connection:
            connection.execute(statement)

    def named(self) -> set[tuple[str, str]]:
        """(kind, subject) of all that differs."""
        return {(each.kind, each.subject) for each in self.cloud.differences()}

    def planted(self, plant: Callable[[], Any], mend: Callable[[], Any], *expected: tuple[str, str]) -> None:
        """Plant, look, mend, look."""
        plant()
        try:
            self.assertEqual(set(expected), self.named())
        finally:
            mend()
        self.assertEqual(set(), self.named())


class LifeTest(AuditTest):
    """What users do."""

    def test_an_ordinary_life_leaves_nothing(self) -> None:
        self.assertEqual([], self.cloud.settled_differences())
        first, second = self.cloud.boot(), self.cloud.boot(config_drive=True)
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.act(first, {"os-stop": None}, "SHUTOFF")
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.act(first, {"os-start": None}, "ACTIVE")
        self.cloud.act(second, {"reboot": {"type": "HARD"}}, "ACTIVE")
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(first)
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(second)
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_build_that_fails_leaves_nothing(self) -> None:
        script = pathlib.Path(self.cloud.directory, "script.json")
        script.write_text('{"faults": {"start": "no room"}}')
        driver = self.cloud.compute.reporter._driver  # the one the agent's steps use
        assert isinstance(driver, FakeDriver)
        driver._script_path = str(script)
        made = self.cloud.post(f"{V}/servers", {"server": {
            "name": "one", "imageRef": self.cloud.image_id, "flavorRef": "1",
            "networks": [{"uuid": self.cloud.network_id}]}})
        server_id = made.json["server"]["id"]
        self.cloud.wait(server_id, "ERROR")
        script.unlink()
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(server_id)
        self.assertEqual([], self.cloud.settled_differences())


class PlantedTest(AuditTest):
    """What nobody should do."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server_id = cls.cloud.boot()
        cls.cloud.settled_differences()
        # Else the row of a server follows its guest before anybody looks.
        cls.cloud.compute.reporter.stop()

    def test_rows(self) -> None:
        server_id = self.server_id
        with self.cloud.database.read() as connection:
            held = connection.execute(sa.select(claim).where(claim.c.server_id == server_id)).mappings().one()
            of_port = connection.execute(sa.select(port).where(port.c.device_id == server_id)).mappings().one()
        is_server, is_port = server.c.id == server_id, port.c.id == of_port["id"]
        room = {"vcpus": 1, "memory_mib": 128, "disk_gib": 1, "created_at": 0.0}
        for expected, plant, mend in (
            (("server_without_claim", server_id), sa.delete(claim), sa.insert(claim).values(dict(held))),
            (("claim_without_server", STRANGER), sa.insert(claim).values(server_id=STRANGER, host=HOST, **room),
             sa.delete(claim).where(claim.c.server_id == STRANGER)),
            (("server_waits_for_nobody", server_id), sa.update(server).where(is_server).values(status="BUILD"),
             sa.update(server).where(is_server).values(status="ACTIVE")),
            (("domain_power", server_id), sa.update(server).where(is_server).values(status="SHUTOFF"),
             sa.update(server).where(is_server).values(status="ACTIVE")),
            (("quota_differs", "admin"), sa.update(server).where(is_server).values(vcpus=7),
             sa.update(server).where(is_server).values(vcpus=1)),
            (("port_status", of_port["id"]), sa.update(port).where(is_port).values(status="DOWN"),
             sa.update(port).where(is_port).values(status="ACTIVE")),
            (("image_without_file", self.cloud.image_id), sa.update(image_location).values(name="nowhere"),
             sa.update(image_location).values(name=self.location())),
        ):
            with self.subTest(expected[0]):
                if expected[0] == "quota_differs":
                    expected = (expected[0], self.project_id())
                more = {("file_without_image", self.location())} if expected[0] == "image_without_file" else set()
                self.planted(lambda: self.write(plant), lambda: self.write(mend), expected, *more)  # noqa: B023

    def location(self) -> str:
        """The name of the image's file."""
        return self.cloud.gather().facts.stores["file"].whole[0]

    def project_id(self) -> str:
        """The project of the server."""
        return self.cloud.gather().facts.servers[self.server_id].project_id

    def test_a_server_row_that_is_gone(self) -> None:
        with self.cloud.database.read() as connection:
            row = dict(connection.execute(sa.select(server).where(server.c.id == self.server_id)).mappings().one())
        found = {
            ("claim_without_server", self.server_id), ("port_of_missing_server", self.port().id),
            ("domain_without_server", self.server_id), ("files_without_server", self.server_id)}
        self.planted(lambda: self.write(sa.delete(server)), lambda: self.write(sa.insert(server).values(row)), *found)

    def port(self) -> Any:
        """The server's port."""
        return self.cloud.gather().facts.ports_by_device[self.server_id][0]

    def test_a_neglected_operation(self) -> None:
        created = self.cloud.gather().facts.database.now - 900
        row = {"id": "left", "flow": "reboot_server", "phase": "doing", "cursor": 0, "epoch": 3, "due": created,
               "leased_until": created, "tries": 0, "state": {}, "cancel": False, "percent": 0, "request_id": "req",
               "resource_type": "server", "resource_id": self.server_id, "active_key": self.server_id,
               "action": "reboot", "deadline": created, "created_at": created, "updated_at": created}
        self.cloud.scheduler.runner.stop()  # nobody is there to take it
        self.addCleanup(self.cloud.scheduler.runner._stopping.clear)
        self.planted(lambda: self.write(sa.insert(operation).values(row)),
                     lambda: self.write(sa.delete(operation).where(operation.c.id == "left")),
                     ("operation_neglected", self.server_id))

    def test_hypervisor(self) -> None:
        driver = self.driver()
        facts = {"id": STRANGER, "name": "x", "flavor": {"vcpus": 1, "memory_mib": 64}, "image": {"id": STRANGER}, "ports": []}
        self.planted(lambda: driver.create(facts, lambda percent: None), lambda: driver.remove(STRANGER),
                     ("domain_without_server", STRANGER), ("files_without_server", STRANGER))
        self.planted(lambda: driver.cut_power(self.server_id), lambda: driver.start(self.server_id),
                     ("domain_power", self.server_id))

    def test_network_host(self) -> None:
        driver, network_id = self.cloud.network.driver, self.cloud.network_id
        held = driver.networks[network_id]
        driver.is_healthy = lambda network: True  # else the agent heals it before anybody looks
        self.addCleanup(vars(driver).pop, "is_healthy")
        missing = ("device_missing", "dhcp_missing", "metadata_missing", "rule_missing")
        self.planted(lambda: driver.networks.pop(network_id), lambda: driver.networks.update({network_id: held}),
                     *((kind, network_id) for kind in missing))
        strays = NetworkHoldings(namespaces=(names.dhcp_namespace(STRANGER),), processes=(STRANGER,),
                                 cards=(("tapdeadbeef-00", names.bridge_name(network_id)),))
        self.planted(lambda: setattr(driver, "strays", strays), lambda: setattr(driver, "strays", NetworkHoldings()),
                     ("device_stray", names.dhcp_namespace(STRANGER)), ("dhcp_stray", STRANGER),
                     ("bridge_card_stray", "tapdeadbeef-00"))
        without = {**held, "ports": []}
        self.planted(lambda: driver.networks.update({network_id: without}),
                     lambda: driver.networks.update({network_id: held}), ("dhcp_entry_missing", self.port().id))

    def test_image_store(self) -> None:
        directory = pathlib.Path(store_dir(self.cloud.conf))
        for name, kind in (("stray", "file_without_image"), ("stray.part", "part_without_upload")):
            path = directory / name
            self.planted(lambda: path.write_bytes(b""), path.unlink, (kind, "stray"))  # noqa: B023

    def test_a_host_that_does_not_follow(self) -> None:
        is_host = network_host.c.host == HOST
        revision = self.cloud.gather().facts.database.applied[HOST]
        self.planted(lambda: self.write(sa.update(network_host).where(is_host).values(applied_revision=0)),
                     lambda: self.write(sa.update(network_host).where(is_host).values(applied_revision=revision)),
                     ("host_behind", HOST))
        self.planted(lambda: self.write(sa.insert(network_change).values(network_id="n", revision=10**6)),
                     lambda: self.write(sa.delete(network_change).where(network_change.c.network_id == "n")),
                     ("revision_ahead", "n"))

    def test_a_silent_host_is_named_and_not_judged(self) -> None:
        row = {"number": 99, "id": "99", "name": "h9", "generation": 0, "vcpus": 1, "memory_mib": 1, "disk_gib": 1,
               "hypervisor": {}, "disabled": False, "forced_down": False, "created_at": 0.0, "updated_at": 0.0}
        self.write(sa.insert(compute_host).values(row))
        try:
            gathered = self.cloud.gather()
            self.assertEqual(["compute.h9"], [each["target"] for each in gathered.unheard])
            self.assertEqual(set(), self.named())
        finally:
            self.write(sa.delete(compute_host).where(compute_host.c.name == "h9"))

    def test_differences_on_the_spot(self) -> None:
        said = {target: self.cloud.runtime.bus.call(target, "holdings", {}) for target in (
            f"compute.{HOST}", f"network.{HOST}", "image")}
        self.assertEqual([], differences_now(self.cloud.database, said))
        self.assertEqual({"domain_missing", "file_missing"}, {each.kind for each in differences_now(
            self.cloud.database, said | {f"compute.{HOST}": {"servers": [], "strays": []}})})


class FindingsTest(AuditTest):
    """What becomes of a difference: recorded, counted after a minute, shown, and forgotten."""

    def test_from_the_first_look_to_the_last(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.settled_differences()
        self.cloud.compute.reporter.stop()  # else the server's row follows its guest before anybody looks
        auditor = self.cloud.scheduler.auditor
        self.assertTrue(auditor.run_once(force=True))
        self.assertEqual((0, 0), self.counts())
        driver = self.driver()
        driver.cut_power(server_id)
        self.assertTrue(auditor.run_once(force=True))
        self.assertEqual((0, 1), self.counts())
        self.write(sa.update(audit_finding).values(first_seen=audit_finding.c.first_seen - findings.MINUTE_S))
        said = command.report_now(self.cloud.runtime, self.cloud.database)
        self.check_said(said, server_id)
        self.check_api(server_id)
        driver.start(server_id)
        self.assertTrue(auditor.run_once(force=True))
        self.assertEqual((0, 0), self.counts())

    def counts(self) -> tuple[int, int]:
        """How many count, and how many are young."""
        said = command.report(self.cloud.database)
        return len(said["differences"]), len(said["young"])

    def check_said(self, said: dict[str, Any], server_id: str) -> None:
        """The command's answer names both sides and the operation."""
        (found,) = said["differences"]
        self.assertEqual(("domain_power", server_id, HOST), (found["kind"], found["subject"], found["host"]))
        self.assertEqual(("build_server", "done", "settle"), tuple(
            found["operation"][name] for name in ("flow", "phase", "step")))
        text = command.render(said)
        self.assertIn(f"server {server_id} (ACTIVE) has host {HOST} | its domain is off", text)
        self.assertIn("made by build_server (done at settle", text)
        self.assertIn("1 difference; 0 younger than a minute", text)
        self.assertIn("1 difference, see 'cumulo audit'", command.line(said))

    def check_api(self, server_id: str) -> None:
        """An administrator sees it, a user does not; the metrics count it."""
        shown = self.cloud.get(f"{V}/cumulo/audit").json["audit"]
        self.assertEqual([server_id], [each["subject"] for each in shown["differences"]])
        alice = self.cloud.make_user("alice")
        for path in ("audit", "metrics"):
            self.assertEqual(403, self.cloud.get(f"{V}/cumulo/{path}", token=alice).status_int)
        page = self.cloud.get(f"{V}/cumulo/metrics")
        self.assertEqual("text/plain", page.content_type)
        self.assertIn('cumulo_audit_findings{kind="domain_power"} 1\n', page.text)
        self.assertIn("cumulo_audit_unheard 0\n", page.text)

    def test_a_finding_of_a_silent_host_stays(self) -> None:
        auditor, driver = self.cloud.scheduler.auditor, self.driver()
        facts = {"id": STRANGER, "name": "x", "flavor": {"vcpus": 1, "memory_mib": 64}, "image": {"id": STRANGER}, "ports": []}
        driver.create(facts, lambda percent: None)
        self.addCleanup(driver.remove, STRANGER)
        self.assertTrue(auditor.run_once(force=True))
        self.assertEqual((0, 2), self.counts())
        with self.cloud.database.write() as connection:
            now = self.cloud.database.now(connection)
            turn = findings.begin(connection, now, 30.0, force=True)
            assert turn is not None
            silent = [{"target": f"compute.{HOST}", "reason": "No answer in time."}]
            self.assertTrue(findings.record(connection, now, turn, [], {}, unheard=silent, took_s=0.1))
            self.assertFalse(findings.record(connection, now, turn - 1, [], {}, unheard=[], took_s=0.1))
        self.assertEqual((0, 2), self.counts())

    def test_copies_take_turns(self) -> None:
        with self.cloud.database.write() as connection:
            now = self.cloud.database.now(connection) + 3600
            first = findings.begin(connection, now, 30.0)
            self.assertIsNotNone(first)
            self.assertIsNone(findings.begin(connection, now + 29, 30.0))
            self.assertEqual((first or 0) + 1, findings.begin(connection, now + 29, 30.0, force=True))
            self.assertIsNone(findings.begin(connection, now + 31, 30.0))
            self.assertIsNotNone(findings.begin(connection, now + 60, 30.0))


class PureReportTest(unittest.TestCase):
    """The command's text."""

    def test_before_the_first_audit(self) -> None:
        said = dataclasses.asdict(findings.Report(None, None, ({"target": "image", "reason": "away"},), (), ()))
        self.assertEqual("audit: nothing differs, 1 not heard; not audited yet", command.line(said))
        self.assertIn("not judged, because not heard: image (away)", command.render(said))


if __name__ == "__main__":
    unittest.main()
