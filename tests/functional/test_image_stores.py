"""Every kind of store behind the same interface, and several of them behind one image API."""

import contextlib
import hashlib
import http.server
import os
import pathlib
import tempfile
import unittest
from typing import Any

from cumulo.api.image.images import view
from cumulo.common import config, errors
from cumulo.common.threads import Threads
from cumulo.image import options, stores, uploads
from cumulo.image.store import s3 as s3_module
from cumulo.image.store.file import FileStore
from cumulo.image.store.http import HttpStore
from cumulo.image.store.protocol import Store, StoreFailed
from cumulo.image.store.s3 import S3Store
from tests.fixtures.image_api import ImageApi
from tests.fixtures.s3 import BUCKET, S3Server
from tests.fixtures.web_server import Listener

DATA = os.urandom(100_000)


def setUpModule() -> None:
    """Start the server that speaks S3."""
    global S3
    S3 = S3Server()
    unittest.addModuleCleanup(S3.stop)


S3: S3Server


def s3_store(directory: str, prefix: str = "", name: str = "far") -> S3Store:
    """A store over the bucket."""
    return S3Store(name, S3.make_client(), BUCKET, prefix, FileStore(os.path.join(directory, f"spool-{name}"), name))


class Case(unittest.TestCase):
    """A directory and an empty bucket."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.addCleanup(S3.empty)

    def read(self, store: Store, name: str, first: int = 0) -> bytes:
        """Everything from a byte on."""
        with contextlib.closing(store.open(name, first)) as stream:
            return b"".join(iter(lambda: stream.read(30_000), b""))


class Writing(Case):
    """What every store that takes data does."""

    def each(self) -> dict[str, Any]:
        """A file store and two S3 stores that share a bucket with something else."""
        S3.client.put_object(Bucket=BUCKET, Key="elsewhere/x", Body=b"x")
        return {"file": FileStore(os.path.join(self.directory, "images"), "near"),
                "s3": s3_store(self.directory, "cloud/")}

    def test_data_appears_whole_at_commit(self) -> None:
        for kind, store in self.each().items():
            with self.subTest(kind):
                part = store.create("one")
                part.write(DATA[:60_000])
                part.write(memoryview(DATA)[60_000:])
                with self.assertRaises(FileNotFoundError):
                    store.open("one")
                self.assertEqual(({"one"}, ("one",)), (store.names(), store.holdings().partial))
                with self.assertRaises(FileExistsError):
                    store.create("one")
                self.assertEqual(DATA, pathlib.Path(part.path).read_bytes())
                part.commit()
                self.assertEqual(((("one",)), ()), (store.holdings().whole, store.holdings().partial))
                self.assertEqual((DATA, DATA[777:]), (self.read(store, "one"), self.read(store, "one", 777)))
                self.assertEqual((len(DATA), len(DATA), len(DATA)), (part.size, store.size("one"), store.usage()))

    def test_what_is_deleted_is_gone_whole_or_in_part(self) -> None:
        for kind, store in self.each().items():
            for committed in (False, True):
                with self.subTest(kind, committed=committed):
                    part = store.create("one")
                    part.write(DATA)
                    if committed:
                        part.commit()
                    for _ in range(2):
                        part.close()
                        store.delete("one")
                    self.assertEqual((set(), 0), (store.names(), store.usage()))
                    for ask in (store.open, store.size):
                        with self.assertRaises(FileNotFoundError):
                            ask("one")
        self.assertEqual(["elsewhere/x"], S3.keys())


class S3Faults(Case):
    """What a killed process, a broken connection and a wrong setting leave."""

    def test_an_upload_that_was_killed_between_its_pieces_is_found_and_removed(self) -> None:
        store = s3_store(self.directory)
        begun = S3.client.create_multipart_upload(Bucket=BUCKET, Key="half")
        S3.client.upload_part(Bucket=BUCKET, Key="half", UploadId=begun["UploadId"], PartNumber=1, Body=DATA)
        S3.client.create_multipart_upload(Bucket=BUCKET, Key="half-of-another")
        self.assertEqual({"half", "half-of-another"}, store.names())
        self.assertEqual(((), ("half", "half-of-another")), (store.holdings().whole, store.holdings().partial))
        store.delete("half")
        self.assertEqual({"half-of-another"}, store.names(), "a name that begins alike is another's")

    def test_a_big_object_goes_in_pieces(self) -> None:
        store, data = s3_store(self.directory), os.urandom(1024 * 1024) * 11
        small, s3_module._LEAST_PART = s3_module._LEAST_PART, 5 * 1024 * 1024
        self.addCleanup(setattr, s3_module, "_LEAST_PART", small)
        part = store.create("big")
        part.write(data)
        part.commit()
        self.assertIn("-3", S3.client.head_object(Bucket=BUCKET, Key="big")["ETag"], "three pieces")
        self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256(self.read(store, "big")).digest())
        self.assertEqual([], os.listdir(os.path.join(self.directory, "spool-far")))

    def test_what_the_server_refuses_is_a_failed_store(self) -> None:
        wrong = S3Store("far", S3.make_client(), "no-such-bucket", "", FileStore(self.directory))
        for ask in (wrong.names, wrong.usage, wrong.holdings):
            with self.assertRaises(OSError):
                ask()
        part = wrong.create("one")
        part.write(DATA)
        with self.assertRaises(OSError):
            part.commit()

    def test_nobody_answers(self) -> None:
        conf = config.load([], registrations=(options,))
        conf.set_override("state_dir", self.directory)
        conf.set_override("enabled_stores", ["far:s3"], "image")
        options.register_store(conf, "far", "s3")
        for name, value in (("endpoint", "http://127.0.0.1:1"), ("bucket", BUCKET), ("access_key", "a"),
                            ("secret_key", "b"), ("timeout_s", 1)):
            conf.set_override(name, value, "image_store_far")
        made = stores.make(conf)
        with self.assertRaises(StoreFailed):
            made.default.names()
        self.assertEqual({"stores": {}}, made.holdings(), "a store that is not heard is not judged")

    def test_it_needs_a_bucket(self) -> None:
        conf = config.load([], registrations=(options,))
        conf.set_override("enabled_stores", ["far:s3"], "image")
        with self.assertRaises(ValueError):
            stores.make(conf)


class WebServer(Listener):
    """A web server with one file, and with answers that break off."""

    def __init__(self, ranges: bool = True) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers by the path."""

            def do_HEAD(self) -> None:
                """The head alone."""
                self._answer(False)

            def do_GET(self) -> None:
                """All of it."""
                self._answer(True)

            def _answer(self, body: bool) -> None:
                if self.path == "/pub/moved":
                    self.send_response(302)
                    self.send_header("Location", "/pub/image")
                    self.end_headers()
                    return
                if self.path not in ("/pub/image", "/pub/cut", "/secret"):
                    self.send_error(404)
                    return
                first = int(self.headers.get("Range", "bytes=0-")[6:-1]) if ranges else 0
                self.send_response(206 if first else 200)
                self.send_header("Content-Length", str(len(DATA) - first))
                self.end_headers()
                if body:
                    self.wfile.write(DATA[first:50_000 if self.path == "/pub/cut" else None])

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        super().__init__(Handler)


class Web(Case):
    """The store that only reads."""

    def make(self, ranges: bool = True) -> tuple[HttpStore, str]:
        """A store that reads below /pub/ of a server."""
        server = WebServer(ranges)
        self.addCleanup(server.close)
        return HttpStore("web", [f"{server.url}/pub/"], 5), server.url

    def test_it_reads_from_any_byte_on(self) -> None:
        for ranges in (True, False):
            store, url = self.make(ranges)
            self.assertEqual(DATA, self.read(store, f"{url}/pub/image"))
            self.assertEqual(DATA[70_000:], self.read(store, f"{url}/pub/image", 70_000))
            self.assertEqual(len(DATA), store.size(f"{url}/pub/image"))

    def test_it_reads_nothing_else(self) -> None:
        store, url = self.make()
        port = url.rpartition(":")[2]
        for name in (f"{url}/secret", f"{url}/pub/../secret", f"{url}/pub/%2e%2e/secret", f"http://127.0.0.1:1{port}/pub/image",
                     f"https://127.0.0.1:{port}/pub/image", f"http://a@127.0.0.1:{port}/pub/image", "file:///etc/passwd",
                     "/etc/passwd", f"http://127.0.0.1:{port}\\@x/pub/image", f"{url}/pub/image#x", f"{url}/pub/im\r\nage"):
            with self.subTest(name):
                self.assertFalse(store.allows(name))
                with self.assertRaises(StoreFailed):
                    store.open(name)
        with self.assertRaises(StoreFailed):
            store.open(f"{url}/pub/moved")  # leads away
        with self.assertRaises(FileNotFoundError):
            store.open(f"{url}/pub/missing")

    def test_an_answer_that_breaks_off_is_said(self) -> None:
        store, url = self.make()
        with self.assertRaises(StoreFailed):
            self.read(store, f"{url}/pub/cut")

    def test_it_takes_nothing(self) -> None:
        store, _ = self.make()
        with self.assertRaises(StoreFailed):
            store.create("one")
        self.assertEqual((set(), None, None), (store.names(), store.holdings(), store.usage()))


class Several(Case):
    """Three stores behind one API."""

    def setUp(self) -> None:
        super().setUp()
        self.api = ImageApi()
        self.addCleanup(self.api.close)
        self.server = WebServer()
        self.addCleanup(self.server.close)
        self.far, self.web = s3_store(self.directory), HttpStore("web", [f"{self.server.url}/pub/"], 5)
        self.api.services.image_stores = stores.Stores.of(self.api.store, self.far, self.web)

    def uploaded(self, store: str | None) -> str:
        """Upload to a store; return the image's id."""
        image_id = str(self.api.create()["id"])
        headers = {} if store is None else {"X-Image-Meta-Store": store}
        answer = self.api.send("PUT", f"/v2/images/{image_id}/file", DATA, kind="application/octet-stream", **headers)
        self.assertEqual(204, answer.status_int, answer.body)
        return image_id

    def test_data_goes_where_it_shall_and_comes_back(self) -> None:
        for store, names in ((None, self.api.store.names), ("far", self.far.names)):
            image_id = self.uploaded(store)
            self.assertEqual(1, len(names()))
            image = self.api.show(image_id)
            self.assertEqual(("active", hashlib.md5(DATA).hexdigest(), store or "file"),
                             (image["status"], image["checksum"], image["stores"]))
            path = f"/v2/images/{image_id}/file"
            self.assertEqual(DATA, self.api.send("GET", path).body)
            self.assertEqual(DATA[5:25], self.api.send("GET", path, Range="bytes=5-24").body)
            self.assertEqual(0, uploads.sweep(self.api.database, self.api.services.image_stores, 2e9))
            self.api.send("DELETE", f"/v2/images/{image_id}")
            self.assertEqual(set(), names())

    def test_a_store_that_is_not_there_or_takes_nothing_is_refused(self) -> None:
        for store in ("nowhere", "web"):
            image_id = self.api.create()["id"]
            answer = self.api.send("PUT", f"/v2/images/{image_id}/file", DATA, kind="application/octet-stream",
                                   **{"X-Image-Meta-Store": store})
            self.assertEqual(400, answer.status_int, answer.body)
            self.assertEqual("queued", self.api.show(image_id)["status"])

    def test_a_store_that_fails_leaves_a_queued_image_and_nothing_of_the_data(self) -> None:
        broken = S3Store("far", S3.make_client(), "no-such-bucket", "", FileStore(os.path.join(self.directory, "spool")))
        self.api.services.image_stores = stores.Stores.of(self.api.store, broken)
        image_id = self.api.create()["id"]
        answer = self.api.send("PUT", f"/v2/images/{image_id}/file", DATA, kind="application/octet-stream",
                               **{"X-Image-Meta-Store": "far"})
        self.assertEqual((503, "queued"), (answer.status_int, self.api.show(image_id)["status"]))
        self.assertEqual([], os.listdir(os.path.join(self.directory, "spool")))
        uploads.sweep(self.api.database, self.api.services.image_stores, 2e9)  # passes over the broken one
        image_id = self.uploaded(None)
        self.api.services.image_stores = stores.Stores.of(broken)
        self.assertEqual(503, self.api.send("GET", f"/v2/images/{image_id}/file").status_int)

    def test_the_sweep_removes_strays_from_every_store(self) -> None:
        kept = self.uploaded("far")
        for store in (self.api.store, self.far):
            part = store.create("stray")
            part.write(DATA)
            part.commit()
            store.create("half").close()
        self.assertEqual(4, uploads.sweep(self.api.database, self.api.services.image_stores, 2e9))
        self.assertEqual(0, uploads.sweep(self.api.database, self.api.services.image_stores, 2e9))
        self.assertEqual(DATA, self.api.send("GET", f"/v2/images/{kept}/file").body)


class Configured(Case):
    """What the configuration says."""

    def conf(self, *enabled: str, default: str = "") -> Any:
        """A configuration with these stores."""
        conf = config.load([], registrations=(options,))
        conf.set_override("state_dir", self.directory)
        conf.set_override("enabled_stores", list(enabled), "image")
        conf.set_override("default_store", default, "image")
        return conf

    def test_each_has_its_own_place(self) -> None:
        made = stores.make(self.conf("file:file", "fast:file", "web:http", default="fast"))
        self.assertEqual(("fast", ["file", "fast", "web"]), (made.default.name, list(made.by_name)))
        self.assertEqual([f"{self.directory}/images", f"{self.directory}/images-fast"],
                         [store.place for store in made.all[:2]])
        places = [{"store": "web", "name": "u"}, {"store": "fast", "name": "n"}, {"store": "gone", "name": "g"}]
        self.assertEqual((made.by_name["fast"], "n"), made.best(places))
        self.assertIsNone(made.best(places[2:]))
        self.assertEqual("web", (made.best(places[:1]) or (made.default,))[0].name)

    def test_the_heaviest_is_read_from(self) -> None:
        conf = self.conf("file:file", "fast:file", "web:http")
        for name, kind in options.stores(conf):
            options.register_store(conf, name, kind)
        conf.set_override("weight", 5, "image_store_web")
        conf.set_override("weight", -5, "image_store_file")
        made = stores.make(conf)
        places = [{"store": "file", "name": "f"}, {"store": "fast", "name": "n"}, {"store": "web", "name": "u"}]
        self.assertEqual(["u", "n", "f"], [(made.best(each) or ("", ""))[1] for each in (places, places[:2], places[:1])])
        api = ImageApi()
        self.addCleanup(api.close)
        api.services.image_stores = made
        self.assertEqual([-5, None, 5], [each.get("weight") for each in api.send("GET", "/v2/info/stores").json["stores"]])
        self.assertEqual([-5, 0, 5], [
            each["weight"] for each in api.send("GET", "/v2/info/stores/detail", token="admin:admin").json["stores"]])
        row = api.create() | {"locations": places, "refused": [], "created_at": 0.0, "updated_at": 0.0, "properties": {}}
        self.assertEqual("web,fast,file", view.image(row, made.weight)["stores"])

    def test_nonsense_is_refused_at_the_start(self) -> None:
        for enabled, default in ((["file"], ""), (["a/b:file"], ""), (["x:ftp"], ""), (["a:file", "a:file"], ""), ([], ""),
                                 (["a:file"], "b"), (["web:http"], ""), (["a:file", "web:http"], "web")):
            with self.subTest(enabled), self.assertRaises(ValueError):
                stores.make(self.conf(*enabled, default=default))

    def test_an_unknown_name_is_the_callers_fault(self) -> None:
        made = stores.make(self.conf("file:file"))
        with self.assertRaises(errors.BadRequest):
            made.writable("other")
        made.delete(Threads(), "removed-from-the-configuration", "x")


if __name__ == "__main__":
    unittest.main()
