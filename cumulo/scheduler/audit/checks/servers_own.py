"""What servers have of their hosts for themselves: processors, pages, devices."""

from collections import Counter
from collections.abc import Iterator

from cumulo.common import errors
from cumulo.common.audit.difference import Difference
from cumulo.compute import cells, fits
from cumulo.compute.fits import Fit
from cumulo.scheduler.audit.facts import Claim, Facts, Server

KINDS = {
    "own_given_twice": "A processor or a device of a host is two servers' own.",
    "own_not_there": "A server has a processor, pages or a device that its host does not give away.",
    "claim_without_own": "A claim is not for as many processors and pages of a server's own as its flavor says.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Compare what is given on each host with one another, with what the host has, and with what was asked for."""
    rooms = [*facts.database.claims, *facts.database.moves]
    for host, inventory in sorted(facts.database.inventories.items()):
        here = [(claim, given) for claim in rooms if claim.host == host and (given := fits.fit(claim.fit)) is not None]
        if here:
            yield from _given_twice(host, here)
            yield from _not_there(host, here, fits.host_cells(inventory.get("cells", ())), fits.devices(inventory.get("devices", ())))
    for claim in facts.database.claims:
        server = facts.servers.get(claim.server_id)
        if server is not None and server.deleted_at is None:
            yield from _claim(claim, server)


def _names(given: Fit) -> list[str]:
    return [*(f"processor {cpu}" for cpu in given.processors), *(f"device {address}" for address, _ in given.devices)]


def _given_twice(host: str, here: list[tuple[Claim, Fit]]) -> Iterator[Difference]:
    holders = Counter(name for _, given in here for name in _names(given))
    for server_id, name in sorted({(claim.server_id, name) for claim, given in here for name in _names(given)}):
        if holders[name] > 1:
            yield Difference("own_given_twice", f"{server_id} {name}", f"{name} of {host} is {server_id}'s own",
                             f"{holders[name]} claims have it", host=host, server_id=server_id)


def _not_there(host: str, here: list[tuple[Claim, Fit]], there: tuple[fits.HostCell, ...],
               devices: tuple[fits.Device, ...]) -> Iterator[Difference]:
    names = {f"processor {cpu}" for cell in there for cpu in cell.dedicated} | {f"device {each.address}" for each in devices}
    pages = {(cell.id, size) for cell in there for size, count in cell.pages.items() if count}
    for claim, given in here:
        wanted = [*_names(given), *(f"pages of {cell.page_kib} KiB in cell {cell.host_cell}" for cell in given.cells
                                    if cell.page_kib is not None and (cell.host_cell, cell.page_kib) not in pages)]
        for name in wanted:
            if name not in names:
                yield Difference("own_not_there", f"{claim.server_id} {name}", f"server {claim.server_id} has {name} of {host}",
                                 "the host does not give it away", host=host, server_id=claim.server_id)


def _claim(claim: Claim, server: Server) -> Iterator[Difference]:
    try:
        demand = cells.of(server.flavor, server.image_properties)
    except errors.BadRequest:
        return  # its words were read when it was made, by what counted then
    given = fits.fit(claim.fit)
    wanted = (demand is not None, demand.dedicated if demand else 0)
    found = (given is not None and bool(given.cells), claim.dedicated)
    if wanted != found:
        yield Difference(
            "claim_without_own", claim.server_id, f"claim of server {claim.server_id} on {claim.host} is for {found[1]} processors of its own",
            f"its flavor says {wanted[1]}", host=claim.host, server_id=claim.server_id)
