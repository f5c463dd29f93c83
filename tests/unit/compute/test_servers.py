"""Host names, quota rooms and the rules of deletion, on a temporary database."""

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import server
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.compute import quotas, servers
from tests.fixtures.database import temporary_database

FLAVOR = {"id": "1", "name": "m1", "vcpus": 2, "memory_mib": 512, "root_gib": 1, "ephemeral_gib": 0, "swap_mib": 0,
          "extra_specs": {}}
CONTEXT = Context(request_id="req-1", project_id="p", user_id="u")
LIMITS = quotas.Limits(instances=4, cores=6, memory_mib=4096, key_pairs=1, metadata_items=1, server_groups=1,
                       server_group_members=1)


class HostnameTest(unittest.TestCase):
    """The name a guest gets."""

    def test_names(self) -> None:
        for name, expected in (("Web Server_1", "web-server-1"), ("a.b", "a-b"), ("x" * 80, "x" * 63), ("-a-", "a"),
                               ("été", "t"), ("猫", "server-id")):
            self.assertEqual(expected, servers.hostname_of(name, "id"), name)


class ServersTest(unittest.TestCase):
    """Building and deleting."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)

    def build(self, limits: quotas.Limits = LIMITS, **more: Any) -> list[dict[str, Any]]:
        """Ask for servers."""
        with self.database.write() as connection:
            return servers.request_build(
                connection, Ids(), 1.0, context=CONTEXT, limits=limits, plug=lambda server_id, hostname: ["port"],
                wanted=servers.BuildRequest("s", FLAVOR, **more))

    def test_count_is_what_the_narrowest_quota_leaves(self) -> None:
        self.assertEqual(["s-1", "s-2", "s-3"], [row["name"] for row in self.build(fewest=1, most=4)])
        with self.assertRaisesRegex(errors.QuotaExceeded, "cores: Requested 2, but already used 6 of 6"):
            self.build()
        unlimited = quotas.Limits(-1, -1, -1, -1, -1, -1, -1)
        self.assertEqual(20, len(self.build(unlimited, fewest=20, most=20)))

    def test_too_few_makes_none(self) -> None:
        with self.assertRaises(errors.QuotaExceeded):
            self.build(fewest=4, most=4)
        with self.assertRaises(errors.QuotaExceeded):
            self.build(metadata={"a": "1", "b": "2"})
        with self.database.read() as connection:
            self.assertEqual(0, quotas.usage_of(connection, "p").instances)

    def test_delete_cancels_a_build_and_leaves_a_deletion_alone(self) -> None:
        (row,) = self.build()
        with self.database.write() as connection:
            servers.request_delete(connection, Ids(), 2.0, context=CONTEXT, row=row, ports=[], may_override_lock=False)
            running = store.active(connection, row["id"])
            assert running is not None
            self.assertEqual(("build_server", True), (running["flow"], running["cancel"]))

    def test_power_needs_a_state_and_quiet(self) -> None:
        (row,) = self.build()
        for change in (servers.START, servers.STOP, servers.SOFT_REBOOT, servers.HARD_REBOOT):
            with self.assertRaises(errors.Conflict), self.database.write() as connection:
                servers.request_change(connection, Ids(), 2.0, context=CONTEXT, row=row, change=change,
                                       may_override_lock=False)

    def test_deleted_servers_use_no_quota(self) -> None:
        (row,) = self.build()
        with self.database.write() as connection:
            connection.execute(sa.update(server).where(server.c.id == row["id"]).values(deleted_at=1.0))
            self.assertEqual(quotas.Usage(0, 0, 0), quotas.usage_of(connection, "p"))
