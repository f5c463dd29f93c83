"""Every change of a server that the table knows, meeting every flow that a server can be in."""

import dataclasses
import unittest
from collections.abc import Callable
from typing import Any

import webob

from cumulo.common.flows import FLOWS, conflicts
from cumulo.common.flows.conflicts import ALLOWED, CANCELS, OPERATIONS, REFUSED
from cumulo.compute import servers
from cumulo.network import ports
from tests.fixtures.meetings import World

# An attachment that nobody noted: its steps find nothing to do but in the guest.
NO_VOLUME = {"volume_id": "none", "attachment_id": "none", "device": "/dev/vdb", "connection": None, "read_only": False}
# Nor is there a volume that such a server would boot from: what is done to it is told in test_rebuild_volume.
NO_ROOT = {"volumes": [], "ends": "ACTIVE"}
# How each flow is begun, and the status a server has before it.
BEGIN: dict[str, tuple[str, Any]] = {
    "start_server": ("SHUTOFF", {"os-start": None}), "stop_server": ("ACTIVE", {"os-stop": None}),
    "reboot_server": ("ACTIVE", {"reboot": {"type": "HARD"}}), "delete_server": ("ACTIVE", None),
}
BEGIN |= {"pause_server": ("ACTIVE", {"pause": None}), "unpause_server": ("PAUSED", {"unpause": None}),
          "suspend_server": ("ACTIVE", {"suspend": None}), "resume_server": ("SUSPENDED", {"resume": None}),
          "create_image": ("ACTIVE", {"createImage": {"name": "saved"}}),
          "rebuild_server": ("ACTIVE", {"rebuild": {"imageRef": "image_id"}}),
          "rebuild_volume_server": ("ACTIVE", servers.Change("rebuild", "rebuild_volume_server", ("ACTIVE",), NO_ROOT)),
          "rescue_server": ("ACTIVE", {"rescue": None}), "unrescue_server": ("RESCUE", {"unrescue": None}),
          "soft_delete_server": ("ACTIVE", servers.SOFT_DELETE), "restore_server": ("SOFT_DELETED", {"restore": None}),
          "shelve_server": ("ACTIVE", {"shelve": None}),
          "offload_server": ("SHELVED", servers.Change("shelveOffload", "offload_server", ("SHELVED",))),
          "unshelve_server": ("SHELVED", servers.Change("unshelve", "unshelve_server", ("SHELVED",))),
          "wake_server": ("SHELVED", {"unshelve": None}), "resize_server": ("ACTIVE", {"resize": {"flavorRef": "larger"}}),
          "confirm_resize": ("VERIFY_RESIZE", {"confirmResize": None}),
          "revert_resize": ("VERIFY_RESIZE", {"revertResize": None}),
          "delete_moved_server": ("ACTIVE", servers.Change(
              "delete", "delete_moved_server", ("ACTIVE",), {"source": "another-host"})),
          "attach_interface": ("ACTIVE", servers.Change("attach_interface", "attach_interface", ("ACTIVE",))),
          "detach_interface": ("ACTIVE", servers.Change("detach_interface", "detach_interface", ("ACTIVE",))),
          "drop_card": ("ACTIVE", servers.Change("detach_interface", "drop_card", ("ACTIVE",))),
          "change_password": ("ACTIVE", {"changePassword": {"adminPass": "another"}}),
          "live_migrate_server": ("ACTIVE", servers.Change(
              "live-migration", "live_migrate_server", ("ACTIVE",), {"source": "h1", "to_host": "nowhere"})),
          "evacuate_server": ("ACTIVE", servers.Change(
              "evacuate", "evacuate_server", ("ACTIVE",), {"source": "another-host", "ends": "ACTIVE", "ports": []})),
          "land_server": ("ACTIVE", servers.Change("finish-live-migration", "land_server", ("ACTIVE",), {"source": "h1"})),
          "attach_volume": ("ACTIVE", servers.Change("attach_volume", "attach_volume", ("ACTIVE",), NO_VOLUME)),
          "detach_volume": ("ACTIVE", servers.Change("detach_volume", "detach_volume", ("ACTIVE",), NO_VOLUME)),
          "swap_volume": ("ACTIVE", servers.Change("swap_volume", "swap_volume", ("ACTIVE",), NO_VOLUME | {
              "old_volume_id": "none", "old_attachment_id": "none"})),
          "move_volume": ("ACTIVE", servers.Change("swap_volume", "move_volume", ("ACTIVE",), NO_VOLUME | {
              "old_volume_id": "none", "is_off": False, "backend": "none@none"})),
          "sync_power": ("ACTIVE", servers.Change("sync_power", "sync_power", ("ACTIVE",)))}
#: Of the other flows only what an operation in the way decides about is tried: the rest is the same transaction.
FEW = ("start_server", "stop_server", "reboot_server", "delete_server")
ENDS = {"build_server": "ACTIVE", "start_server": "ACTIVE", "stop_server": "SHUTOFF", "reboot_server": "ACTIVE",
        "delete_server": "DELETED", "pause_server": "PAUSED", "unpause_server": "ACTIVE",
        "suspend_server": "SUSPENDED", "resume_server": "ACTIVE", "create_image": "ACTIVE", "rebuild_server": "ACTIVE",
        "rebuild_volume_server": "ACTIVE",
        "rescue_server": "RESCUE", "unrescue_server": "ACTIVE", "soft_delete_server": "SOFT_DELETED",
        "restore_server": "ACTIVE", "sync_power": "ACTIVE", "change_password": "ACTIVE",
        "shelve_server": "SHELVED_OFFLOADED", "offload_server": "SHELVED_OFFLOADED", "unshelve_server": "ACTIVE",
        "wake_server": "ACTIVE", "resize_server": "VERIFY_RESIZE", "confirm_resize": "ACTIVE", "revert_resize": "ACTIVE",
        "delete_moved_server": "DELETED", "attach_interface": "ACTIVE", "detach_interface": "ACTIVE", "drop_card": "ACTIVE",
        "live_migrate_server": "ACTIVE", "land_server": "ACTIVE", "attach_volume": "ACTIVE", "detach_volume": "ACTIVE", "swap_volume": "ACTIVE", "move_volume": "ACTIVE",
        "evacuate_server": "ACTIVE"}
ACTION = {"build_server": "create"} | {flow: flow.removesuffix("_server") for flow in BEGIN} | {
    "create_image": "createImage", "change_password": "changePassword", "soft_delete_server": "softDelete", "offload_server": "shelveOffload",
    "wake_server": "unshelve", "confirm_resize": "confirmResize", "revert_resize": "revertResize",
    "delete_moved_server": "delete", "drop_card": "detach_interface",
    "live_migrate_server": "live-migration", "land_server": "finish-live-migration", "evacuate_server": "evacuate",
    "rebuild_volume_server": "rebuild", "move_volume": "swap_volume"}
NOTHING_LEFT = {"host": None, "claims": 0, "ports": 0, "bound": 0, "running": None, "effects": []}


def ask(world: World, asked: str, server_id: str) -> webob.Response:
    """Ask for a change of a server."""
    path = f"/servers/{server_id}"
    changes: dict[str, Callable[[], webob.Response]] = {
        "delete": lambda: world.compute("DELETE", path),
        "start": lambda: world.compute("POST", f"{path}/action", {"os-start": None}),
        "stop": lambda: world.compute("POST", f"{path}/action", {"os-stop": None}),
        "reboot": lambda: world.compute("POST", f"{path}/action", {"reboot": {"type": "HARD"}}),
        conflicts.VOLUMES: lambda: world.change(servers.Change(
            "attach_volume", "attach_volume", ("ACTIVE", "SHUTOFF", "PAUSED"), NO_VOLUME)),
        conflicts.ACT: lambda: world.compute("POST", f"{path}/action", {"pause": None}),
        "update": lambda: world.compute("PUT", path, {"server": {"name": "renamed"}}),
        "change metadata": lambda: world.compute("POST", f"{path}/metadata", {"metadata": {"new": "1"}}),
        "change tags": lambda: world.compute("PUT", f"{path}/tags/new"),
        "lock or unlock": lambda: world.compute("POST", f"{path}/action", {"lock": None}),
        "delete its port": lambda: world.ask("DELETE", f"/network/v2.0/ports/{port_of(world, server_id)}"),
        "delete its image": lambda: world.ask("DELETE", f"/image/v2/images/{world.owned['image_id']}"),
    }
    return changes[asked]()


def port_of(world: World, server_id: str) -> str:
    """Return the port that was made with a server."""
    with world.database.read() as connection:
        return str(ports.ports_of_device(connection, server_id)[0]["id"])


class OperationsTest(unittest.TestCase):
    """The matrix of OPERATIONS."""

    repeats = 1
    "How often two changes are made at once: more where transactions really run at once."

    def test_the_table_knows_every_flow_of_a_server(self) -> None:
        flows = {flow.name for flow in FLOWS.values() if flow.resource_type == "server"}
        for asked, verdicts in OPERATIONS.items():
            self.assertEqual(flows, verdicts.keys(), f"say what happens when somebody wants to {asked}")
        self.assertEqual(flows, ENDS.keys(), "say here how the flow is begun and how it ends")

    def begin(self, world: World, flow: str) -> webob.Response:
        """Begin a flow: on a new server, or on the one there is."""
        if flow == "build_server":
            answer = world.new_server()
            world.owned["server_id"] = answer.json.get("server", {}).get("id", "")
            return answer
        body = BEGIN[flow][1]
        path = f"/servers/{world.owned['server_id']}"
        if isinstance(body, servers.Change):
            if "interface" in body.flow:  # a card that is there: it is bound again, or none is parted from
                port_id = port_of(world, world.owned["server_id"]) if "attach" in body.flow else "another port"
                body = dataclasses.replace(body, state={"port_id": port_id, "ports": [], "device": "tap"})
            return world.change(body)
        if body and "rebuild" in body:
            body = {"rebuild": {"imageRef": world.owned["image_id"]}}
        if body and "resize" in body:
            world.compute("POST", "/flavors", {"flavor": {
                "name": "larger", "id": "larger", "ram": 1024, "vcpus": 1, "disk": 40}}, token=world.admin)
        return world.compute("POST", f"{path}/action", body) if body else world.compute("DELETE", path)

    def world(self, flow: str) -> World:
        """Return a world in which the flow can begin."""
        world = World()
        if flow in BEGIN:
            world.set_server(status=BEGIN[flow][0])
        if flow == "unshelve_server":
            world.agents.effects.clear()  # it is on no host
        return world

    def meet(self, flow: str, asked: str, how: str) -> tuple[World, list[webob.Response], dict[str, Any]]:
        """Make the two meet and run all to its end; the answers are the flow's and the asked change's."""
        world = self.world(flow)
        begin, change = (lambda: self.begin(world, flow)), (lambda: ask(world, asked, world.owned["server_id"]))
        if how == "asked first":
            answers = world.in_turn(change, begin)[::-1]
        else:
            answers = (world.in_turn if how == "flow first" else world.at_once)(begin, change)
        for each in answers:
            self.assertLess(each.status_int, 500, each.text)
        world.settle()
        return world, answers, world.outcome(world.owned["server_id"])

    def test_flow_first(self) -> None:
        for asked, verdicts in OPERATIONS.items():
            for flow, verdict in verdicts.items():
                if flow not in ("build_server", *FEW) and not conflicts.matters(asked):
                    continue
                with self.subTest(asked=asked, running=flow):
                    world, (begun, answer), outcome = self.meet(flow, asked, "flow first")
                    self.assertLess(begun.status_int, 300, begun.text)
                    self.check(verdict, flow, asked, world, answer, outcome)

    def check(self, verdict: conflicts.Verdict, flow: str, asked: str, world: World, answer: webob.Response,
              outcome: dict[str, Any]) -> None:
        """Check the answer and the end against the table."""
        server_id = world.owned["server_id"]
        self.assertIsNone(outcome["running"])
        if verdict is REFUSED:
            self.assertEqual(409, answer.status_int, answer.text)
            self.assertIn(f"The server {server_id} is busy: {ACTION[flow]} is in progress.", answer.text)
        else:
            self.assertLess(answer.status_int, 300, answer.text)
        ended = "DELETED" if verdict is CANCELS or asked == "delete" else ENDS[flow]
        self.assertEqual(ended, outcome["status"])
        if ended == "DELETED":
            self.assertEqual(outcome, outcome | NOTHING_LEFT)
        elif ended == "SHELVED_OFFLOADED":
            self.assertEqual((0, 1, []), (outcome["claims"], outcome["ports"], outcome["effects"]))
        else:
            # The fake agents know one effect for all ports of a server: taking one away takes it.
            effects = ["domain"] if flow == "detach_interface" else ["domain", "ports"]
            self.assertEqual((1, 1, effects), (outcome["claims"], outcome["ports"], outcome["effects"]))
        if verdict is ALLOWED:
            self.assertEqual(outcome, outcome | {
                "update": {"name": "renamed"}, "lock or unlock": {"locked": True}}.get(asked, {}))
            self.assertEqual(asked == "change metadata", "new" in outcome["metadata"])
        if verdict is REFUSED and asked == "delete its image":
            self.assertEqual(200, world.ask("GET", f"/image/v2/images/{world.owned['image_id']}").status_int)

    def test_asked_first(self) -> None:
        for asked in OPERATIONS:
            for flow in FEW:
                with self.subTest(asked=asked, then=flow):
                    _, (begun, answer), outcome = self.meet(flow, asked, "asked first")
                    self.check_reverse(asked, flow, begun, answer, outcome)

    def check_reverse(self, asked: str, flow: str, begun: webob.Response, answer: webob.Response,
                      outcome: dict[str, Any]) -> None:
        """What was asked first of a settled server is done if its state allows, and decides about the flow."""
        first = {"delete": "delete_server", "start": "start_server", "stop": "stop_server",
                 "reboot": "reboot_server", conflicts.ACT: "pause_server",
                 conflicts.VOLUMES: "attach_volume"}.get(asked)
        if asked == "delete its port" and BEGIN[flow][0] in servers.HAS_CARDS:
            first = "drop_card"  # out of a guest that runs, the card goes by an operation
        if first is None:
            self.assertLess(answer.status_int, 300, answer.text)
            refused = asked == "lock or unlock"  # a locked server is changed by administrators only
            self.assertEqual(409 if refused else 202 if flow != "delete_server" else 204, begun.status_int, begun.text)
            self.assertEqual(BEGIN[flow][0] if refused else ENDS[flow], outcome["status"])
            return
        if answer.status_int == 409:  # its state does not allow it, as a stop of a stopped server
            self.assertIn("vm_state", answer.text)
            self.assertEqual(ENDS[flow], outcome["status"])
            return
        verdict = OPERATIONS[ACTION[flow]][first]
        self.assertEqual(verdict is REFUSED, begun.status_int == 409, begun.text)
        ends = BEGIN[flow][0] if asked == conflicts.VOLUMES else ENDS[first]  # volumes come and go where the server stays as it is
        self.assertEqual("DELETED" if "delete_server" in (first, flow) else ends, outcome["status"])

    def test_at_once(self) -> None:
        """Whoever wins, the answers and the end are those of one of the two orders.

        Changes that no operation ever stands in the way of meet one another in test_things.
        """
        for asked in filter(conflicts.matters, OPERATIONS):
            for flow in FEW:
                orders = [self.seen(flow, asked, how) for how in ("flow first", "asked first")]
                for _ in range(self.repeats):
                    with self.subTest(asked=asked, flow=flow):
                        self.assertIn(self.seen(flow, asked, "at once"), orders)

    def seen(self, flow: str, asked: str, how: str) -> tuple[list[int], dict[str, Any]]:
        """Return the answers' statuses and the end of a meeting."""
        _, answers, outcome = self.meet(flow, asked, how)
        return [each.status_int for each in answers], outcome

    def test_an_image_is_deleted_before_or_after_a_build_from_it(self) -> None:
        """The build's server is made from an image that is there until it is settled, or is not made at all."""
        for _ in range(self.repeats):
            world = World()
            built, deleted = world.at_once(
                world.new_server, lambda: world.ask("DELETE", f"/image/v2/images/{world.owned['image_id']}"))
            self.assertIn((built.status_int, deleted.status_int), ((202, 409), (400, 204)),
                          f"{built.text} {deleted.text}")
        world = World()
        world.ask("DELETE", f"/image/v2/images/{world.owned['image_id']}")
        self.assertEqual(400, world.new_server().status_int)

    def test_a_cancelled_operation_counts_as_the_deletion_that_follows(self) -> None:
        for flow in ("build_server", "stop_server"):
            world = self.world(flow)
            self.begin(world, flow)
            ask(world, "delete", world.owned["server_id"])
            answer = ask(world, "reboot", world.owned["server_id"])
            self.assertIn(f"The server {world.owned['server_id']} is busy: delete is in progress.", answer.text)
            self.assertEqual(204, ask(world, "delete", world.owned["server_id"]).status_int)
            world.settle()
            outcome = world.outcome(world.owned["server_id"])
            self.assertEqual(outcome, outcome | NOTHING_LEFT | {"status": "DELETED"})
