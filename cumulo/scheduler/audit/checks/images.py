"""Images and their data in the store."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import StoreHoldings
from cumulo.image.uploads import LEASE_S
from cumulo.scheduler.audit.facts import STORE_TARGET, Facts, Image

KINDS = {
    "image_without_file": "An image's data is not in the store.",
    "image_without_location": "An image is said to have data, but names none; or names data it must not have.",
    "image_without_upload": "An image waits for data that nobody uploads.",
    "image_data_shared": "Two images name the same data.",
    "file_without_image": "The store holds data that no image names.",
    "part_without_upload": "The store holds half written data that no upload is writing.",
}
HAS_DATA = ("active", "deactivated")


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every image, and every file where the store was heard."""
    holders: dict[str, str] = {}
    for image in facts.database.images:
        yield from _row(image, facts.database.now)
        if image.location and holders.setdefault(image.location, image.id) != image.id:
            yield Difference("image_data_shared", image.id, f"image {image.id} names the data {image.location}",
                             f"image {holders[image.location]} names it too")
    if facts.store is not None:
        yield from _files(facts.database.images, facts.store)


def _row(image: Image, now: float) -> Iterator[Difference]:
    def differs(kind: str, other: str) -> Difference:
        return Difference(kind, image.id, f"image {image.id} is {image.status}", other)

    if image.status in HAS_DATA and not image.location:
        yield differs("image_without_location", "it names no data")
    elif image.status not in HAS_DATA and image.location:
        yield differs("image_without_location", f"it names the data {image.location}")
    if image.status == "saving":
        # A dead upload is swept away after one lease, by a sweep that comes once a lease.
        renewed_at = image.upload_renewed_at
        if not image.upload_id or renewed_at is None or renewed_at < now - 2 * LEASE_S:
            since = "never said that it lives" if renewed_at is None else f"was last heard {now - renewed_at:.0f} s ago"
            yield differs("image_without_upload", f"its upload {image.upload_id} {since}")
    elif image.upload_id:
        yield differs("image_without_upload", f"it names the upload {image.upload_id}")


def _files(images: tuple[Image, ...], store: StoreHoldings) -> Iterator[Difference]:
    heard = (STORE_TARGET,)
    whole, uploads = set(store.whole), {image.upload_id for image in images}
    named = {image.location for image in images} | uploads  # whole data is an upload's until its row is written
    for image in images:
        if image.location and image.location not in whole:
            yield Difference("image_without_file", image.id, f"image {image.id} names the data {image.location}",
                             "the store has no such file", heard=heard)
    for name in store.whole:
        if name not in named:
            yield Difference("file_without_image", name, f"image store has the file {name}", "no image names it",
                             heard=heard)
    for name in store.partial:
        if name not in uploads:
            yield Difference("part_without_upload", name, f"image store has the half written file {name}",
                             "no upload is writing it", heard=heard)
