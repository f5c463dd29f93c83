"""Images, their data in the stores, and what waits on hosts to be imported."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import StoreHoldings
from cumulo.image.images import HAS_DATA
from cumulo.image.uploads import LEASE_S
from cumulo.scheduler.audit.facts import STORE_TARGET, DatabaseFacts, Facts, Image, Staged, image_target

KINDS = {
    "image_without_file": "An image's data is not in the store where it should be.",
    "image_without_location": "An image is said to have data, but names none; or names data it must not have.",
    "image_without_upload": "An image waits for data that nobody uploads.",
    "image_without_import": "An image is being imported, but no operation imports it.",
    "image_without_staging": "An image waits with staged data that nobody stages, or that is not on its host.",
    "image_data_shared": "Two images name the same data.",
    "file_without_image": "A store holds data that no image names.",
    "part_without_upload": "A store holds half written data that no upload is writing.",
    "staged_without_image": "A host holds staged data that no image and no import needs.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every image, and all data of the stores that were heard."""
    holders: dict[tuple[str, str], str] = {}
    for image in facts.database.images:
        yield from _row(image, facts.database.now)
        for place in image.locations:
            if holders.setdefault(place, image.id) != image.id:
                yield Difference("image_data_shared", image.id, f"image {image.id} names the data {place[1]}",
                                 f"image {holders[place]} names it too")
    for name, held in facts.stores.items():
        yield from _data(facts.database, name, held)
    importing = {each.image_id for each in facts.database.imports}
    staged = {each.image_id: each for each in facts.database.staged}
    for image in facts.database.images:
        if image.status == "importing" and image.id not in importing:
            yield Difference("image_without_import", image.id, f"image {image.id} is importing",
                             "no import of it is under way")
        if image.status == "uploading":
            yield from _staged(image, staged.get(image.id), facts)
    for host, held in facts.staging.items():
        yield from _host(facts.database, host, held)


def _row(image: Image, now: float) -> Iterator[Difference]:
    def differs(kind: str, other: str) -> Difference:
        return Difference(kind, image.id, f"image {image.id} is {image.status}", other)

    if image.status in HAS_DATA and not (image.locations or image.is_on_web or image.is_of_volumes):
        yield differs("image_without_location", "it names no data")
    elif image.status not in HAS_DATA and image.locations:
        yield differs("image_without_location", f"it names the data {image.locations[0][1]}")
    if image.status == "saving":
        # A dead upload is swept away after one lease, by a sweep that comes once a lease.
        renewed_at = image.upload_renewed_at
        if not image.upload_id or renewed_at is None or renewed_at < now - 2 * LEASE_S:
            since = "never said that it lives" if renewed_at is None else f"was last heard {now - renewed_at:.0f} s ago"
            yield differs("image_without_upload", f"its upload {image.upload_id} {since}")
    elif image.upload_id:
        yield differs("image_without_upload", f"it names the upload {image.upload_id}")


def _staged(image: Image, staged: Staged | None, facts: Facts) -> Iterator[Difference]:
    def differs(other: str, *heard: str) -> Difference:
        return Difference("image_without_staging", image.id, f"image {image.id} is uploading", other, heard=heard)

    if staged is None:
        yield differs("no data is staged for it")
    elif staged.size is None:
        if staged.renewed_at < facts.database.now - 2 * LEASE_S:
            yield differs(f"who stages it was last heard {facts.database.now - staged.renewed_at:.0f} s ago")
    elif staged.host in facts.staging and staged.name not in facts.staging[staged.host].whole:
        yield differs(f"host {staged.host} has no staged data {staged.name}", image_target(staged.host))


def _host(database: DatabaseFacts, host: str, held: StoreHoldings) -> Iterator[Difference]:
    needed = {each.name for each in database.staged if each.host == host}
    needed |= {each.staged for each in database.imports if each.host == host}
    for name in sorted({*held.whole, *held.partial}):
        if name.partition(".")[0] not in needed:
            yield Difference("staged_without_image", name, f"host {host} has the staged data {name}",
                             "nobody needs it", host=host, heard=(image_target(host),))


def _data(database: DatabaseFacts, store: str, held: StoreHoldings) -> Iterator[Difference]:
    heard, images = (STORE_TARGET,), database.images
    uploads = {image.upload_id for image in images} | {each.name for each in database.imports}
    whole = set(held.whole)
    located = [(image.id, name) for image in images for place, name in image.locations if place == store]
    named = {name for _, name in located} | uploads  # whole data is an upload's until its row is written
    for image_id, name in located:
        if name not in whole:
            yield Difference("image_without_file", image_id, f"image {image_id} names the data {name}",
                             f"store {store} has no such data", heard=heard)
    for name in held.whole:
        if name not in named:
            yield Difference("file_without_image", name, f"store {store} has the data {name}", "no image names it",
                             heard=heard)
    for name in held.partial:
        if name not in uploads:
            yield Difference("part_without_upload", name, f"store {store} has the half written data {name}",
                             "no upload is writing it", heard=heard)
