"""What happens when two changes meet on one resource: a table, and the questions the code asks of it.

    allowed    both are done, whichever comes first
    queued     both are done, the second after the first: it waits for the first one's transaction
    refused    nothing of the second is done; it is told what it met (409 unless the note says otherwise)
    cancels    the second ends the first, which leaves nothing behind

OPERATIONS is about a server with an operation under way; an operation that was cancelled counts as
the deletion that follows it. THINGS is about everything else: there code that looks before it acts
asks here, and where a unique index or a lock decides, the tests hold it to the table. doc/conflicts.md
is this table as a page:

    python -m cumulo.common.flows.conflicts > doc/conflicts.md
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.common import errors


class Verdict(enum.Enum):
    """What becomes of the second change."""

    ALLOWED = "allowed"
    QUEUED = "queued"
    REFUSED = "refused"
    CANCELS = "cancels"


ALLOWED, QUEUED, REFUSED, CANCELS = Verdict.ALLOWED, Verdict.QUEUED, Verdict.REFUSED, Verdict.CANCELS
_FLOWS = ("build_server", "start_server", "stop_server", "reboot_server", "delete_server", "pause_server",
          "unpause_server", "suspend_server", "resume_server", "create_image",
          "rebuild_server", "rebuild_volume_server", "rescue_server", "unrescue_server", "soft_delete_server", "restore_server", "sync_power", "change_password",
          "shelve_server", "offload_server", "unshelve_server", "wake_server", "resize_server", "confirm_resize",
          "revert_resize", "delete_moved_server", "attach_interface", "detach_interface", "drop_card", "live_migrate_server", "land_server",
          "attach_volume", "detach_volume", "swap_volume", "move_volume", "evacuate_server")
ACT, VOLUMES = "do anything else to it", "attach or detach a volume"

# What is asked -> the flow that runs -> what happens.
OPERATIONS: dict[str, dict[str, Verdict]] = {
    "delete": dict.fromkeys(_FLOWS, CANCELS) | {"delete_server": ALLOWED, "delete_moved_server": ALLOWED},
    "start": dict.fromkeys(_FLOWS, REFUSED),
    "stop": dict.fromkeys(_FLOWS, REFUSED),
    "reboot": dict.fromkeys(_FLOWS, REFUSED),
    # One operation at a time: pause, suspend, rebuild, resize and so on.
    ACT: dict.fromkeys(_FLOWS, REFUSED),
    # Clients ask for several in a row, as guests get several disks: each waits for the one before.
    VOLUMES: dict.fromkeys(_FLOWS, REFUSED) | dict.fromkeys(
        ("attach_volume", "detach_volume", "attach_interface", "detach_interface", "drop_card"), QUEUED),
    "update": dict.fromkeys(_FLOWS, ALLOWED),
    "change metadata": dict.fromkeys(_FLOWS, ALLOWED),
    "change tags": dict.fromkeys(_FLOWS, ALLOWED),
    "lock or unlock": dict.fromkeys(_FLOWS, ALLOWED),
    # The steps work with the ports the operation began with.
    "delete its port": dict.fromkeys(_FLOWS, REFUSED),
    # A host that has the image needs it no more.
    "delete its image": dict.fromkeys(_FLOWS, ALLOWED) | dict.fromkeys(("build_server", "rebuild_server", "rescue_server"),
                                                                       REFUSED),
}


@dataclasses.dataclass(frozen=True)
class Meeting:
    """A change, what it meets, and what happens."""

    asked: str
    met: str
    verdict: Verdict
    note: str


_MEETINGS = (
    Meeting("delete a network", "a port in it", REFUSED, "NetworkInUse; its own DHCP port goes with it"),
    Meeting("delete a subnet", "an address of it", REFUSED, "SubnetInUse; DHCP's address goes with it"),
    Meeting("change or delete a port", "DHCP on it", REFUSED, "ServicePortInUse; a router's and a floating address's alike"),
    Meeting("change a port's device", "the server it was made with", REFUSED, "PortInUse; delete the server instead"),
    Meeting("delete a port", "its server, settled", ALLOWED, "the server loses the card, at once where it runs"),
    Meeting("create in a network quota", "its last room", REFUSED, "OverQuota"),
    Meeting("delete a router", "a network behind it", REFUSED, "RouterInUse; its gateway goes with it"),
    Meeting("take a router's gateway", "a floating address behind it", REFUSED, "RouterExternalGatewayInUseByFloatingIp"),
    Meeting("take a network from a router", "a floating address behind it", REFUSED, "RouterInterfaceInUseByFloatingIP"),
    Meeting("give a port a floating address", "another that stands for it", REFUSED, "FloatingIPPortAlreadyAssociated"),
    Meeting("delete a port", "a floating address that stands for it", ALLOWED, "the address stands for nothing"),
    Meeting("delete a QoS policy", "a port that follows it", REFUSED, "QosPolicyInUse"),
    Meeting("create a QoS rule", "one of its kind", REFUSED, "QoSRulesConflict"),
    Meeting("share a thing", "the same policy", REFUSED, "DuplicatePolicy"),
    Meeting("end a share", "what a project made of it", REFUSED, "RbacPolicyInUse"),
    Meeting("create a server", "another one with its port", REFUSED, "PortInUse"),
    Meeting("delete a subnet pool", "a subnet of it", REFUSED, "SubnetPoolDeleteError"),
    Meeting("place a network on a host", "the same host", REFUSED, "NetworkHostedByDHCPAgent"),
    Meeting("let a port move to a host", "the same host", REFUSED, "PortBindingAlreadyExists"),
    Meeting("get a topology", "the same, asked for at once", QUEUED, "both get the one that is made"),
    Meeting("delete a network flavor", "a router of it", REFUSED, "FlavorInUse"),
    Meeting("give a network flavor a profile", "the same profile", REFUSED, "FlavorServiceProfileBindingExists"),
    Meeting("change or delete a service profile", "a network flavor with it", REFUSED, "ServiceProfileInUse"),
    Meeting("create a metering rule", "one that counts the same", REFUSED, "MeteringLabelRuleOverlaps"),
    Meeting("delete an address scope", "a subnet pool of it", REFUSED, "AddressScopeInUse"),
    Meeting("put a pool into an address scope", "another pool with its prefixes", REFUSED, "AddressScopePrefixConflict"),
    Meeting("delete a port", "the trunk that it is part of", REFUSED, "PortInUseAsTrunkParent, PortInUseAsSubPort"),
    Meeting("put a port into a trunk", "another trunk", REFUSED, "TrunkPortInUse, ParentPortInUse"),
    Meeting("delete a trunk", "the server that has it", REFUSED, "TrunkInUse"),
    Meeting("tag a network", "another tag", QUEUED, "both tags are there; so of every resource of the network API"),
    Meeting("delete a security group", "a port in it", REFUSED, "SecurityGroupInUse"),
    Meeting("create a security group rule", "the same rule", REFUSED, "SecurityGroupRuleExists, which names it"),
    Meeting("delete an address group", "a rule that speaks of it", REFUSED, "AddressGroupInUse"),
    Meeting("delete a flavor", "a server of it", ALLOWED, "the server keeps a copy"),
    Meeting("delete a keypair", "a server with it", ALLOWED, "the server keeps the public key"),
    Meeting("delete an image", "a server of it, settled", ALLOWED, "the server keeps its disk, and starts again"),
    Meeting("delete an image", "a server that is shelved as it", REFUSED, "the server comes back from it"),
    Meeting("delete an image", "an upload", CANCELS, "the upload ends with 410"),
    Meeting("upload an image", "an upload", REFUSED, ""),
    Meeting("delete an image", "its import", CANCELS, "the import ends and leaves nothing"),
    Meeting("import an image", "its import", REFUSED, ""),
    Meeting("upload an image", "its import", REFUSED, ""),
    Meeting("delete a project", "what it has", REFUSED, "servers and their groups, networks, ports, volumes, images that others see; the domain's deletion too"),
    Meeting("delete a project", "images of its own", ALLOWED, "they go with it, unless they are protected or others see them"),
    Meeting("create in a project", "its deletion", REFUSED, "401 when the token was not yet looked at"),
    Meeting("take a volume that is offered", "another taker", REFUSED, "404: there is no such transfer any more"),
    Meeting("delete a volume", "the group that it is in", REFUSED, "400, which names the group"),
    Meeting("put a volume into a group", "its deletion", REFUSED, "400"),
    Meeting("delete a group", "a volume's creation in it", REFUSED, "400: with the volume in it, unless it goes too"),
    Meeting("offer a volume", "its deletion", REFUSED, "400"),
    Meeting("create a server", "a server of that name", ALLOWED, "names are not unique: two servers"),
    Meeting("create a network", "a network of that name", ALLOWED, "names are not unique: two networks"),
    Meeting("create a server", "the last room in the quota", REFUSED, "403, as the API wants"),
    Meeting("create a keypair", "a keypair of that name", REFUSED, ""),
    Meeting("create a flavor", "a flavor of that name", REFUSED, ""),
    Meeting("create a project", "a project of that name", REFUSED, ""),
    Meeting("create a user", "a user of that name", REFUSED, ""),
    Meeting("create a group", "a group of that name", REFUSED, ""),
    Meeting("create a project below another", "the other's deletion", REFUSED, "400: there is no such parent"),
    Meeting("delete a project", "one below it", REFUSED, "403, as the API wants; /cascade takes the tree"),
    Meeting("let a role imply another", "the same the other way round", REFUSED, "400: never in a circle"),
    Meeting("tag a project", "another tag", QUEUED, "both tags are there"),
    Meeting("create an image", "an image of that id", REFUSED, ""),
    Meeting("create metadata definitions", "a namespace of that name", REFUSED, ""),
    Meeting("add to metadata definitions", "another addition", QUEUED, "both are there"),
    Meeting("create a port", "its address on a port", REFUSED, "IpAddressInUse"),
    Meeting("create a port", "another port's creation", QUEUED, "each gets an address of its own"),
    Meeting("change a server's metadata", "another such change", QUEUED, "both keys are there"),
    Meeting("tag a server", "another tag", QUEUED, "both tags are there"),
    Meeting("change an image", "another such change", QUEUED, "both changes are there"),
)
THINGS: dict[tuple[str, str], Meeting] = {(each.asked, each.met): each for each in _MEETINGS}


def asked(action: str) -> str:
    """Return the table's name of what an action asks for."""
    if action in ("attach_volume", "detach_volume"):
        return VOLUMES
    return action if action in OPERATIONS else ACT


def judge(asked: str, running: Mapping[str, Any]) -> Verdict:
    """Return what happens to a change of a server while this operation runs (a row: flow, cancel)."""
    return OPERATIONS[asked]["delete_server" if running["cancel"] else running["flow"]]


def matters(asked: str) -> bool:
    """Say whether any operation stands in the way of a change: if none does, nobody need look for one."""
    return any(verdict is not ALLOWED for verdict in OPERATIONS[asked].values())


def busy(resource_type: str, resource_id: str, action: str) -> errors.Conflict:
    """Return the refusal that names what was met."""
    return errors.Conflict(
        f"The {resource_type} {resource_id} is busy: {action} is in progress.", resource_id=resource_id)


def meet(asked: str, met: str, refusal: errors.CumuloError) -> None:
    """Raise the refusal if a change that meets something is refused; the refusal names what was met."""
    if THINGS[asked, met].verdict is REFUSED:
        raise refusal


def page() -> str:
    """Return the table as the page doc/conflicts.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# When two changes meet"
    yield ""
    yield "Written from `cumulo/common/flows/conflicts.py`, which the code asks before it acts, by"
    yield "`python -m cumulo.common.flows.conflicts`. Each cell and row is tested in both orders and with both at once:"
    yield "`tests/functional/conflicts/`, on PostgreSQL in `tests/real/test_conflicts.py`."
    yield ""
    for each, meaning in _MEANINGS.items():
        yield f"- **{each.value}**: {meaning}"
    yield ""
    yield "## A server with an operation under way"
    yield ""
    yield "A cancelled operation counts as the deletion that follows it. The refusal is a 409 that names what was met:"
    yield "\"The server 5f0a… is busy: create is in progress.\""
    yield ""
    yield f"| asked | {' | '.join(flow.removesuffix('_server') for flow in _FLOWS)} |"
    yield f"|---|{'---|' * len(_FLOWS)}"
    for asked, verdicts in OPERATIONS.items():
        yield f"| {asked} | {' | '.join(verdicts[flow].value for flow in _FLOWS)} |"
    yield ""
    yield "## Everything else"
    yield ""
    yield "| asked | met | happens | |"
    yield "|---|---|---|---|"
    for meeting in _MEETINGS:
        yield f"| {meeting.asked} | {meeting.met} | {meeting.verdict.value} | {meeting.note} |"


_MEANINGS = {
    ALLOWED: "both are done, whichever comes first.",
    QUEUED: "both are done, the second after the first, whose transaction it waits for.",
    REFUSED: "nothing of the second is done; it is told what it met, with 409 unless said otherwise.",
    CANCELS: "the second ends the first, which leaves nothing behind.",
}

if __name__ == "__main__":
    print(page(), end="")
