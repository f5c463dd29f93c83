"""The steps a compute agent runs on its servers. Look, then make it so.

Each is safe to repeat at any point, because it begins by asking the hypervisor and does only what is
missing. The runner calls one with the operation's state and the call, whose progress() tells percent.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.image_upload import Upload
from cumulo.common.names import tap_name
from cumulo.common.operations.step import State
from cumulo.compute.agent.driver import Driver, Facts, Power, Progress
from cumulo.compute.agent.migration import MigrationSteps

LOG = log.get(__name__)
POLL_S = 0.2
UNPLUG_TIMEOUT_S, UNPLUG_POLL_S = 30.0, 1.0  # a guest that is booting lets go of nothing
StepFunction = Callable[[State, Any], State | None]


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of one agent; fetch_facts, upload_access and fetch_orders ask the scheduler about a server.

    open_volume adds to a volume what it is opened with.
    """

    driver: Driver
    clock: Clock
    fetch_facts: Callable[[str], Facts]
    upload_access: Callable[[str], Facts]
    send_image: Upload
    fetch_orders: Callable[[str], Facts]
    stop_timeout_s: float = 60.0
    press_again_s: float = 10.0
    open_volume: Callable[[Facts], Facts] = lambda volume: volume

    def table(self) -> dict[str, tuple[StepFunction, StepFunction]]:
        """Return the steps by name, each with its undo."""
        return {
            "boot": (self.boot, self.destroy),
            "destroy": (self.destroy, nothing),
            "power_on": (self.power_on, self.look),
            "power_off": (self.power_off, self.look),
            "reboot": (self.reboot, nothing),
            "pause": (self.pause, self.look),
            "unpause": (self.unpause, self.look),
            "suspend": (self.suspend, self.look),
            "resume": (self.resume, self.look),
            "wipe": (self.wipe, nothing),
            "respawn": (self.respawn, nothing),
            "rescue": (self.rescue, self.give_up_rescue),
            "unrescue": (self.unrescue, self.look),
            "set_password": (self.set_password, nothing),
            "look": (self.look, nothing),
            "plug_card": (self.plug_card, self.give_up_card),
            "unplug_card": (self.unplug_card, self.plug_back),
            "drop_card": (self.drop_card, nothing),
            "plug_disk": (self.plug_disk, self.give_up_disk),
            "unplug_disk": (self.unplug_disk, self.plug_disk_back),
            "grow_guest_disk": (self.grow_guest_disk, nothing),
            "replace_disk": (self.replace_disk, self.keep_replaced),
            "power_down": (self.power_down, self.power_back),
            "keep_disk": (self.keep_disk, self.forget_disk),
            "arrive": (self.arrive, self.leave),
            "leave": (self.leave, nothing),
            "return": (self.return_home, nothing),
            "clean": (self.clean, nothing),
            "destroy_other": (self.destroy, nothing),
            "destroy_left": (self.destroy, nothing),
            "snapshot": (self.snapshot, self.drop_snapshot),
            "upload": (self.upload, nothing),
        } | MigrationSteps(self.driver, self.clock, self.fetch_facts, self.fetch_orders).table(self.look, nothing)

    def boot(self, state: State, call: Any) -> State:
        """Make a server and start it."""
        server_id = state["server_id"]
        if self.driver.power(server_id) is not Power.RUNNING:
            facts = self.fetch_facts(server_id)
            self.driver.create(facts, _percents(call))
            if state.get("ends") != "SHUTOFF":
                self.driver.start(server_id)
        return {}

    def destroy(self, state: State, call: Any) -> State:
        """Leave nothing of a server."""
        self.driver.remove(state["server_id"])
        return {}

    def power_on(self, state: State, call: Any) -> State:
        """Start a server that is off, by its current facts."""
        self._start(state["server_id"])
        return {}

    def power_off(self, state: State, call: Any) -> State:
        """Let the guest shut down; cut its power when it does not in time."""
        self._shut_down(state["server_id"])
        return {}

    def pause(self, state: State, call: Any) -> State:
        """Have a running server stand still."""
        self._turn(state["server_id"], Power.RUNNING, Power.PAUSED, self.driver.pause)
        return {}

    def unpause(self, state: State, call: Any) -> State:
        """Have it go on."""
        self._turn(state["server_id"], Power.PAUSED, Power.RUNNING, self.driver.unpause)
        return {}

    def suspend(self, state: State, call: Any) -> State:
        """Keep a running server's memory on disk and end it."""
        self._turn(state["server_id"], Power.RUNNING, Power.SAVED, self.driver.suspend)
        return {}

    def resume(self, state: State, call: Any) -> State:
        """Go on from memory that was kept; without it, as after the loss of that file, the server boots."""
        server_id = state["server_id"]
        if self.driver.power(server_id) is Power.SAVED:
            self.driver.keep_secrets(self.fetch_facts(server_id))
            self.driver.start(server_id)
        else:
            self._start(server_id)
        return {}

    def plug_card(self, state: State, call: Any) -> State:
        """Put a card into a server."""
        self.driver.plug_card(self.fetch_facts(state["server_id"]), state["port_id"])
        return {}

    def give_up_card(self, state: State, call: Any) -> State:
        """Take it out again, as far as the guest lets it go."""
        self._lets_go(state["server_id"], tap_name(state["port_id"]))
        return {}

    def unplug_card(self, state: State, call: Any) -> State:
        """Take a card out of a server; fails where the guest does not let go of it."""
        if not self._lets_go(state["server_id"], state["device"]):
            raise errors.Conflict("the guest does not let go of the card", server_id=state["server_id"])
        return {}

    def plug_back(self, state: State, call: Any) -> State:
        """Give the card back, unless its port is gone by now."""
        facts = self.fetch_facts(state["server_id"])
        if any(port["id"] == state["port_id"] for port in facts["ports"]):
            self.driver.plug_card(facts, state["port_id"])
        return {}

    def drop_card(self, state: State, call: Any) -> State:
        """Take the card of a port that is gone out of a server, if the guest lets it go."""
        if not self._lets_go(state["server_id"], state["device"]):
            LOG.warning("guest_keeps_card", server=state["server_id"], device=state["device"])
        return {}

    def plug_disk(self, state: State, call: Any) -> State:
        """Put a volume into a server."""
        self.driver.plug_disk(self.fetch_facts(state["server_id"]), self.open_volume(_disk(state)))
        return {}

    def give_up_disk(self, state: State, call: Any) -> State:
        """Take it out again; the volume is not free before the guest lets it go."""
        if not self._lets_go(state["server_id"], state["volume_id"], self.driver.unplug_disk):
            raise errors.Retry("the guest does not let go of the volume")
        return {}

    def unplug_disk(self, state: State, call: Any) -> State:
        """Take a volume out of a server; fails where the guest does not let go of it."""
        if not self._lets_go(state["server_id"], state["volume_id"], self.driver.unplug_disk):
            raise errors.Conflict("the guest does not let go of the volume", server_id=state["server_id"])
        return {}

    def plug_disk_back(self, state: State, call: Any) -> State:
        """Give the volume back, unless the server is not here any more."""
        if self.driver.power(state["server_id"]) is not None:
            self.plug_disk(state, call)
        return {}

    def grow_guest_disk(self, state: State, call: Any) -> State:
        """Let a guest see that its volume is larger."""
        self.driver.grow_volume(state["server_id"], state["volume_id"], state["size_gib"])
        return {}

    def replace_disk(self, state: State, call: Any) -> State:
        """Have the guest use another volume in the place of one; a larger one it sees as such."""
        server_id = state["server_id"]
        self.driver.replace_disk(server_id, state["old_volume_id"], self.open_volume(_disk(state)), _percents(call))
        if state.get("grows_to"):
            self.driver.grow_volume(server_id, state["volume_id"], state["grows_to"])
        return {}

    def keep_replaced(self, state: State, call: Any) -> State:
        """Leave the guest the volume that it has; say whether that is the new one: what it has written is there then."""
        return {"landed": self.driver.keep_disk_replaced(state["server_id"], state["old_volume_id"], _disk(state))}

    def _lets_go(self, server_id: str, device: str, unplug: Callable[[str, str], bool] | None = None) -> bool:
        unplug = unplug or self.driver.unplug_card
        begun = self.clock.monotonic()
        while not unplug(server_id, device):
            if self.clock.monotonic() - begun > UNPLUG_TIMEOUT_S:
                return False
            self.clock.sleep(UNPLUG_POLL_S)
        return True

    def power_down(self, state: State, call: Any) -> State:
        """Let the guest shut down, if it is not off, and cut its power when it does not in time."""
        self._shut_down(state["server_id"])
        return {}

    def power_back(self, state: State, call: Any) -> State:
        """Start it again, if it ran before."""
        if state.get("begins") in ("ACTIVE", "PAUSED") and self.driver.power(state["server_id"]) is not None:
            self._start(state["server_id"])
        return self.look(state, call)

    def keep_disk(self, state: State, call: Any) -> State:
        """Keep the root disk as it is, where it is going to grow."""
        if state.get("grows"):
            self.driver.keep_disk(state["server_id"])
        return {}

    def forget_disk(self, state: State, call: Any) -> State:
        """Remove the copy."""
        self.driver.forget_disk(state["server_id"])
        return {}

    def arrive(self, state: State, call: Any) -> State:
        """Be what the server is to be on this host: made from the image it comes as, or what is here in another size."""
        server_id = state["server_id"]
        if self.driver.power(server_id) is Power.RUNNING:
            return {}
        facts = self.fetch_facts(server_id)
        if state["target"] != state["source"]:  # it comes as an image, unless it boots from a volume
            self.driver.create({**facts, "image": facts["boot_image"]}, _percents(call))
        else:
            self.driver.adapt(facts)
        if state["ends"] != "SHUTOFF":
            self.driver.start(server_id)
        return {}

    def leave(self, state: State, call: Any) -> State:
        """Give up what the server has become on this host: all of it, or its size where it came from here."""
        if state["host"] == state["source"]:
            self.driver.restore_disk(state["server_id"])
        else:
            self.driver.remove(state["server_id"])
        return {}

    def return_home(self, state: State, call: Any) -> State:
        """Be what the server was on this host."""
        if state["ends"] != "SHUTOFF":
            self._start(state["server_id"])
        return {}

    def clean(self, state: State, call: Any) -> State:
        """Give up what the server was on this host."""
        if state["host"] == state["source"]:
            self.driver.forget_disk(state["server_id"])
        else:
            self.driver.remove(state["server_id"])
        return {}

    def wipe(self, state: State, call: Any) -> State:
        """Take a server's disks away."""
        self.driver.wipe(state["server_id"], bool(state.get("keep_ephemeral")))
        return {}

    def respawn(self, state: State, call: Any) -> State:
        """Make its disks anew, and start it unless it is to be off."""
        server_id = state["server_id"]
        if self.driver.power(server_id) is not Power.RUNNING:
            self.driver.create(self.fetch_facts(server_id), _percents(call))
            if state.get("ends") != "SHUTOFF":
                self.driver.start(server_id)
        return {}

    def rescue(self, state: State, call: Any) -> State:
        """Start a server from a rescue disk."""
        server_id = state["server_id"]
        facts = self.fetch_facts(server_id)
        self.driver.rescue(facts, facts.get("boot_image"), _percents(call))
        if self.driver.power(server_id) is not Power.RUNNING:
            self.driver.start(server_id)
        return {}

    def give_up_rescue(self, state: State, call: Any) -> State:
        """Have a server as it was before it was to be rescued."""
        server_id = state["server_id"]
        self.driver.unrescue(self.fetch_facts(server_id))
        if state.get("begins") == "ACTIVE":
            self._start(server_id)
        return self.look(state, call)

    def set_password(self, state: State, call: Any) -> State:
        """Have the agent in the guest set the password."""
        self.driver.set_password(self.fetch_facts(state["server_id"]))
        return {}

    def unrescue(self, state: State, call: Any) -> State:
        """Start a rescued server from its own disk."""
        self.driver.unrescue(self.fetch_facts(state["server_id"]))
        self._start(state["server_id"])
        return {}

    def snapshot(self, state: State, call: Any) -> State:
        """Copy the root disk as it is now."""
        self.driver.take_snapshot(state["server_id"], state["format"], _percents(call))
        return {}

    def drop_snapshot(self, state: State, call: Any) -> State:
        """Remove the copy."""
        self.driver.drop_snapshot(state["server_id"])
        return {}

    def upload(self, state: State, call: Any) -> State:
        """Send the copy to the image service, unless it has it already; then the copy is not needed here."""
        server_id = state["server_id"]
        access = self.upload_access(server_id)
        if access["status"] == "queued":
            with self.driver.open_snapshot(server_id) as file:
                self.send_image(access, file, _percents(call))
        elif access["status"] == "saving":  # by an agent that died; the image service waits for it a while
            raise errors.Retry("the image is being uploaded")
        self.driver.drop_snapshot(server_id)
        return {}

    def _turn(self, server_id: str, before: Power, after: Power, change: Callable[[str], None]) -> None:
        """Make a change that only a server in one state takes; a server in another did not wait to be asked."""
        power = self.driver.power(server_id)
        if power is after:
            return
        if power is not before:
            raise errors.Conflict(f"the guest is {power.value if power else 'not on this host'}", server_id=server_id)
        change(server_id)

    def look(self, state: State, call: Any) -> State:
        """The undo of turning on or off: it leaves the guest alone and tells how it is, for the server's row.

        Turning it back could fail for as long as its host is ill, and hold up a deletion all that time.
        """
        power = self.driver.power(state["server_id"])
        return {"power": power.value if power else None}

    def reboot(self, state: State, call: Any) -> State:
        """Stop and start a server: SOFT asks the guest first, HARD does not.

        Sent again after a crash half way it finds the server off, or reboots it once more.
        """
        server_id = state["server_id"]
        if state.get("reboot_type") == "HARD":
            self.driver.cut_power(server_id)
        else:
            self._shut_down(server_id)
        self._start(server_id)
        return {}

    def _start(self, server_id: str) -> None:
        if self.driver.power(server_id) is not Power.RUNNING:
            self.driver.redefine(self.fetch_facts(server_id))
            self.driver.start(server_id)

    def _shut_down(self, server_id: str) -> None:
        power = self.driver.power(server_id)
        if power is None:
            raise errors.NotFound("the server is not on this host", server_id=server_id)
        if power is Power.RUNNING and not self._shuts_down(server_id):
            LOG.warning("guest_ignores_power_button", server=server_id, after_s=self.stop_timeout_s)
        self.driver.cut_power(server_id)  # also what ends a paused guest, which hears no button

    def _shuts_down(self, server_id: str) -> bool:
        """Press the power button, now and again; say whether the guest went off in time."""
        begun = self.clock.monotonic()
        presses = 0
        while (waited_s := self.clock.monotonic() - begun) < self.stop_timeout_s:
            if waited_s >= presses * self.press_again_s:
                self.driver.press_power_button(server_id)
                presses += 1
            if self.driver.power(server_id) is not Power.RUNNING:
                return True
            self.clock.sleep(POLL_S)
        return False


def _disk(state: State) -> Facts:
    """The volume that an operation brings to a server or takes from it."""
    return {"id": state["volume_id"], "device": state["device"], "connection": state["connection"],
            "read_only": state["read_only"], "limits": state.get("limits")}


def _percents(call: Any) -> Progress:
    return lambda percent: call.progress({"percent": round(percent)})


def nothing(state: State, call: Any) -> State:
    """The undo of a step that has none: what it did stands, and the server's row tells what it is."""
    return {}
