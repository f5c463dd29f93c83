"""The copies of images that an API host keeps: made while an image is read, or because somebody wants them."""

import hashlib
import os
import time
import unittest
from typing import Any

from cumulo.image import prefetch
from cumulo.image.cache import STALE_S, ImageCache
from cumulo.image.store.file import FileStore
from cumulo.image.stores import Stores
from tests.fixtures.image_api import ImageApi

ADMIN = "admin:admin"
SIZE = 1_500_000
DATA = os.urandom(SIZE)


class FarStore(FileStore):
    """A store that is not on this host: it counts what is read from it, may send other bytes, and may be away."""

    local = False
    read_bytes = 0
    is_damaged = False
    is_away = False

    def open(self, name: str, first: int = 0) -> Any:
        """Open data; what is read of it counts."""
        if self.is_away:
            raise ConnectionRefusedError("nobody answers")
        return _Counted(self, super().open(name, first))


class _Counted:
    """A stream that is counted."""

    def __init__(self, store: FarStore, file: Any) -> None:
        self._store = store
        self._file = file

    def read(self, size: int) -> bytes:
        """Read on."""
        chunk = self._file.read(size)
        self._store.read_bytes += len(chunk)
        return bytes(len(chunk)) if self._store.is_damaged else chunk

    def close(self) -> None:
        """Read no more."""
        self._file.close()


class CacheCase(unittest.TestCase):
    """An API over a far store."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)
        self.far = FarStore(os.path.join(self.api.directory, "far"), "far")
        self.api.services.image_stores = Stores.of(self.far)
        self.cache = self.api.services.image_cache
        assert self.cache is not None

    def image(self, data: bytes = DATA) -> str:
        """An active image."""
        image_id = str(self.api.create(ADMIN)["id"])
        self.assertEqual(204, self.api.upload(image_id, data, token=ADMIN).status_int)
        return image_id

    def download(self, image_id: str, **headers: str) -> bytes:
        """The data, or a part of it."""
        answer = self.api.send("GET", f"/v2/images/{image_id}/file", token=ADMIN, **headers)
        self.assertIn(answer.status_int, (200, 206))
        return bytes(answer.body)

    def listed(self) -> tuple[list[str], list[str]]:
        """The images with copies, and those that wait for one."""
        said = self.api.send("GET", "/v2/cache", token=ADMIN).json
        return [each["image_id"] for each in said["cached_images"]], said["queued_images"]

    def tend(self) -> None:
        """Do what the service does every few seconds."""
        prefetch.tend(self.api.database, self.api.services.image_stores, self.cache)


class Reading(CacheCase):
    """Copies that come of being read."""

    def test_a_second_reading_takes_nothing_from_the_store(self) -> None:
        image_id = self.image()
        self.assertEqual((DATA, SIZE), (self.download(image_id), self.far.read_bytes))
        self.assertEqual((DATA, DATA[7:90]), (self.download(image_id), self.download(image_id, Range="bytes=7-89")))
        self.assertEqual(SIZE, self.far.read_bytes)
        shown, = self.api.send("GET", "/v2/cache", token=ADMIN).json["cached_images"]
        self.assertEqual((image_id, SIZE, 2), (shown["image_id"], shown["size"], shown["hits"]))
        self.assertGreaterEqual(shown["last_accessed"], shown["last_modified"])
        self.assertAlmostEqual(time.time(), shown["last_modified"], delta=60)

    def test_a_part_of_it_is_no_copy_and_a_broken_reading_neither(self) -> None:
        image_id = self.image()
        self.download(image_id, Range="bytes=7-89")
        stream = self.cache.filled(self.row(image_id), self.far, self.far.open(self.name(image_id)))
        stream.read(1000)
        self.assertEqual(DATA, self.download(image_id), "another makes the copy: this one is read past it")
        self.assertEqual(([], []), self.listed())
        stream.close()
        self.assertEqual(((), ()), (self.cache.data.holdings().whole, self.cache.data.holdings().partial))

    def row(self, image_id: str) -> dict[str, Any]:
        """The columns that the cache looks at."""
        return {"id": image_id, "size": SIZE, "os_hash_algo": "sha512", "os_hash_value": hashlib.sha512(DATA).hexdigest()}

    def name(self, image_id: str) -> str:
        """The name of an image's data."""
        name, = self.far.names()
        return name

    def test_other_bytes_than_the_images_are_not_kept_and_not_sent_to_the_end(self) -> None:
        image_id = self.image()
        self.far.is_damaged = True
        with self.assertRaises(OSError):
            self.download(image_id)
        self.assertEqual(((), ()), (self.cache.data.holdings().whole, self.cache.data.holdings().partial))
        self.far.is_damaged = False
        self.assertEqual(DATA, self.download(image_id))

    def test_a_full_disk_keeps_nobody_from_reading(self) -> None:
        image_id = self.image()
        create = self.cache.data.create

        def on_a_full_disk(name: str) -> Any:
            part = create(name)
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, part._file.fileno())
            os.close(full)
            return part
        self.cache.data.create = on_a_full_disk  # type: ignore[method-assign]
        self.assertEqual(DATA, self.download(image_id))
        self.assertEqual(([], []), self.listed())

    def test_the_bound_drops_what_was_not_read_for_longest(self) -> None:
        self.api.services.image_cache = self.cache = ImageCache(
            os.path.join(self.api.directory, "small"), 2 * SIZE, self.api.clock, self.api.threads)
        first, second, third = (self.image() for _ in range(3))
        for number, image_id in enumerate((first, second)):
            self.download(image_id)
            os.utime(self.cache.data.path(image_id), (number, number))
        self.download(first)
        self.download(third)
        self.assertEqual({first, third}, set(self.listed()[0]))
        large = self.image(DATA * 3)
        self.download(large)
        self.assertEqual({first, third}, set(self.listed()[0]), "what never fits takes nothing from others")

    def test_what_a_killed_process_left_goes_after_a_while(self) -> None:
        image_id = self.image()
        self.cache.data.create(image_id).close()
        self.tend()
        self.assertEqual((image_id,), self.cache.data.holdings().partial)
        long_ago = self.api.clock.now() - STALE_S - 1
        os.utime(self.cache.data.partial_path(image_id), (long_ago, long_ago))
        self.tend()
        self.download(image_id)
        self.assertEqual([image_id], self.listed()[0])


class Managing(CacheCase):
    """What administrators ask for."""

    def test_a_copy_on_demand(self) -> None:
        image_id = self.image()
        for _ in range(2):
            self.assertEqual(202, self.api.send("PUT", f"/v2/cache/{image_id}", token=ADMIN).status_int)
        self.assertEqual(([], [image_id]), self.listed())
        self.far.is_away = True
        self.tend()
        self.assertEqual(([], [image_id]), self.listed(), "it is tried again")
        self.far.is_away = False
        self.tend()
        self.assertEqual(([image_id], []), self.listed())
        read = self.far.read_bytes
        self.assertEqual((DATA, SIZE), (self.download(image_id), read))
        self.assertEqual(read, self.far.read_bytes)
        self.api.send("PUT", f"/v2/cache/{image_id}", token=ADMIN)
        self.tend()
        self.assertEqual(([image_id], []), self.listed())

    def test_dropping(self) -> None:
        one, two = self.image(), self.image()
        self.download(one)
        self.api.send("PUT", f"/v2/cache/{two}", token=ADMIN)
        for image_id in (one, two):
            self.assertEqual(204, self.api.send("DELETE", f"/v2/cache/{image_id}", token=ADMIN).status_int)
            self.assertEqual(404, self.api.send("DELETE", f"/v2/cache/{image_id}", token=ADMIN).status_int)
        self.assertEqual(([], []), self.listed())

    def test_clearing(self) -> None:
        one, two = self.image(), self.image()
        for target, left in (("cache", ([], [two])), ("queue", ([one], [])), ("both", ([], [])), (None, ([], []))):
            self.download(one)
            self.api.send("PUT", f"/v2/cache/{two}", token=ADMIN)
            headers = {} if target is None else {"X-Image-Cache-Clear-Target": target}
            self.assertEqual(204, self.api.send("DELETE", "/v2/cache", token=ADMIN, **headers).status_int)
            self.assertEqual(left, self.listed(), target)
            self.api.send("DELETE", "/v2/cache", token=ADMIN)
        wrong = self.api.send("DELETE", "/v2/cache", token=ADMIN, **{"X-Image-Cache-Clear-Target": "all"})
        self.assertEqual(400, wrong.status_int)

    def test_what_cannot_be_cached(self) -> None:
        waiting = self.api.create(ADMIN)["id"]
        self.assertEqual(400, self.api.send("PUT", f"/v2/cache/{waiting}", token=ADMIN).status_int)
        self.assertEqual(404, self.api.send("PUT", f"/v2/cache/{self.api.ids.new_id()}", token=ADMIN).status_int)
        for method, path in (("GET", ""), ("DELETE", ""), ("PUT", f"/{waiting}"), ("DELETE", f"/{waiting}")):
            self.assertEqual(403, self.api.send(method, f"/v2/cache{path}").status_int)

    def test_a_deleted_image_has_no_copy(self) -> None:
        one, two = self.image(), self.image()
        self.download(one)
        self.download(two)
        self.api.send("DELETE", f"/v2/images/{one}", token=ADMIN)
        self.assertEqual([two], self.listed()[0])
        self.api.services.image_cache = None  # the one of another host, which hears nothing of it
        self.assertEqual(404, self.api.send("GET", "/v2/cache", token=ADMIN).status_int)
        self.api.send("PUT", f"/v2/cache/{two}", token=ADMIN)
        self.api.send("DELETE", f"/v2/images/{two}", token=ADMIN)
        self.cache.queue(two)
        self.tend()
        self.api.services.image_cache = self.cache
        self.assertEqual(([], []), self.listed())


class OneHost(CacheCase):
    """Where the store is on the host, a copy would be one too many, unless somebody wants it."""

    def test_a_file_store_needs_no_copy(self) -> None:
        self.api.services.image_stores = Stores.of(self.api.store)
        image_id = self.image()
        self.assertEqual(DATA, self.download(image_id))
        self.assertEqual([], self.listed()[0])
        self.api.send("PUT", f"/v2/cache/{image_id}", token=ADMIN)
        self.tend()
        self.assertEqual([image_id], self.listed()[0])


if __name__ == "__main__":
    unittest.main()
