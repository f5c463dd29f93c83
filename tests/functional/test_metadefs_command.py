"""Loading metadata definitions: the standard ones, and files of one's own."""

import json
import pathlib
import tempfile
import unittest
from typing import Any

from cumulo.cloud import metadefs
from cumulo.cloud.client import ApiError, Client
from cumulo.cloud.refusal import Refusal
from tests.fixtures.image_api import ImageApi

ALL = "/v2/metadefs/namespaces"


class InProcess(Client):
    """The client of the command, whose requests go to an application instead of a port."""

    def __init__(self, api: ImageApi) -> None:
        super().__init__("http://localhost", "")
        self._api = api

    def _send(self, method: str, path: str, data: Any, headers: dict[str, str]) -> bytes:
        answer = self._api.send(method, path.removeprefix("/image"), data, token="admin:admin", **headers)
        if answer.status_int >= 400:
            raise ApiError(method, path, answer.status_int, answer.text)
        return bytes(answer.body)


class LoadTest(unittest.TestCase):
    """An empty cloud, and what is loaded into it."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)
        self.client = InProcess(self.api)
        directory = tempfile.TemporaryDirectory(prefix="cumulo-test-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def names(self) -> set[str]:
        """Return the names of all namespaces."""
        return {each["namespace"] for each in self.client.get(f"/image{ALL}?limit=1000")["namespaces"]}

    def test_the_standard_definitions_are_loaded_once(self) -> None:
        files = sorted(metadefs.STANDARD.glob("*.json"))
        self.assertGreater(len(files), 10)
        self.assertEqual((len(files), 0), metadefs.load(self.client))
        self.assertEqual((0, len(files)), metadefs.load(self.client))
        documents = [json.loads(file.read_text()) for file in files]
        self.assertEqual({each["namespace"] for each in documents}, self.names())
        for document in documents:
            shown = self.client.get(f"/image{ALL}/{document['namespace']}")
            self.assertEqual(document.get("properties", {}), shown.get("properties", {}))
            self.assertEqual(len(document.get("objects", ())), len(shown.get("objects", ())))
            self.assertTrue(document["resource_type_associations"] and document["description"])

    def test_files_and_directories(self) -> None:
        (self.directory / "one.json").write_text('{"namespace": "one"}')
        (self.directory / "two.json").write_text('{"namespace": "two", "tags": [{"name": "a"}]}')
        self.assertEqual((1, 0), metadefs.load(self.client, [self.directory / "two.json"]))
        self.assertEqual((1, 1), metadefs.load(self.client, [self.directory]))
        self.assertEqual({"one", "two"}, self.names())

    def test_what_cannot_be_read_loads_nothing(self) -> None:
        (self.directory / "a.json").write_text('{"namespace": "a"}')
        for text in ("{", "[]", "{}"):
            (self.directory / "b.json").write_text(text)
            with self.assertRaises(Refusal):
                metadefs.load(self.client, [self.directory])
        with self.assertRaises(Refusal):
            metadefs.load(self.client, [self.directory / "none.json"])
        (self.directory / "empty").mkdir()
        with self.assertRaises(Refusal):
            metadefs.load(self.client, [self.directory / "empty"])
        self.assertEqual(set(), self.names())
        (self.directory / "b.json").write_text('{"namespace": "b", "unknown": 1}')
        with self.assertRaises(ApiError):
            metadefs.load(self.client, [self.directory / "b.json"])
