"""clouds.yaml: this cloud's entry, and everybody else's left alone."""

import pathlib
import tempfile
import unittest

import yaml

from cumulo.cloud import credentials
from cumulo.cloud.refusal import Refusal

URL = "http://127.0.0.1:5000"


class CloudsYamlTest(unittest.TestCase):
    """The file the standard clients read."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "openstack" / "clouds.yaml"

    def test_a_new_file_is_private(self) -> None:
        """It holds a password."""
        credentials.write_clouds_yaml(self.path, URL, "secret")
        self.assertEqual(0o600, self.path.stat().st_mode & 0o777)
        entry = yaml.safe_load(self.path.read_text())["clouds"]["cumulo"]
        self.assertEqual(f"{URL}/identity/v3", entry["auth"]["auth_url"])

    def test_other_clouds_stay(self) -> None:
        """Writing and removing ours touches no other entry."""
        self.path.parent.mkdir()
        self.path.write_text("clouds:\n  work: {auth: {auth_url: https://example.org}}\ncache: {auth: true}\n")
        before = yaml.safe_load(self.path.read_text())
        credentials.write_clouds_yaml(self.path, URL, "secret")
        self.assertIn("work", yaml.safe_load(self.path.read_text())["clouds"])
        credentials.remove_from_clouds_yaml(self.path, URL)
        self.assertEqual(before, yaml.safe_load(self.path.read_text()))

    def test_the_entry_of_another_cumulo_stays(self) -> None:
        """Destroying one cloud does not cut off another one."""
        credentials.write_clouds_yaml(self.path, "http://127.0.0.1:6000", "secret")
        credentials.remove_from_clouds_yaml(self.path, URL)
        self.assertIn("cumulo", yaml.safe_load(self.path.read_text())["clouds"])

    def test_a_file_that_is_not_yaml_is_refused(self) -> None:
        """It is somebody's work, however broken."""
        self.path.parent.mkdir()
        self.path.write_text("clouds: [")
        with self.assertRaisesRegex(Refusal, "not YAML"):
            credentials.write_clouds_yaml(self.path, URL, "secret")

    def test_exports_survive_a_shell(self) -> None:
        """A password may hold anything."""
        self.assertIn("export OS_PASSWORD='a'\"'\"'b c'\n", credentials.shell_exports(URL, "a'b c"))
