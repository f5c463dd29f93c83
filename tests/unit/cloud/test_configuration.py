"""The configuration that `up` writes is one the services can read."""

import pathlib
import tempfile
import unittest

from cumulo.cloud import configuration
from cumulo.cloud.configuration import Wiring
from cumulo.cloud.layout import Layout
from cumulo.cloud.state import State


class ConfigurationTest(unittest.TestCase):
    """cumulo.conf, written and read back."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = Layout(pathlib.Path(directory.name))

    def _read_back(self, state: State, wiring: Wiring):  # type: ignore[no-untyped-def]
        configuration.write(self.layout, state, wiring)
        return configuration.read(self.layout)

    def test_a_fake_cloud(self) -> None:
        """Both agents are told to touch nothing."""
        conf = self._read_back(State(fake_hypervisor=True, port=15000), Wiring("sqlite:////x", "memory://"))
        self.assertEqual(("fake", "fake"), (conf.compute_agent.driver, conf.network.driver))
        self.assertEqual("http://127.0.0.1:15000", conf.api.public_url)
        self.assertEqual("http://127.0.0.1:15000/image", conf.scheduler.image_url)

    def test_a_real_cloud(self) -> None:
        """The hypervisor's address and kind are what was found out."""
        conf = self._read_back(State(virt_type="qemu"), Wiring("sqlite:////x", "memory://", "qemu:///system"))
        self.assertEqual(("libvirt", "qemu", "qemu:///system"), (
            conf.compute_agent.driver, conf.compute_agent.virt_type, conf.compute_agent.libvirt_uri))
        self.assertEqual("linux", conf.network.driver)

    def test_a_dollar_sign_is_only_a_dollar_sign(self) -> None:
        """Passwords in URLs are not substituted."""
        url = "postgresql+psycopg2://u:p$host@127.0.0.1/c"
        self.assertEqual(url, self._read_back(State(), Wiring(url, "memory://")).database.url)

    def test_what_an_administrator_sets_wins(self) -> None:
        """local.conf adds settings, and overrules those of `up`, also in a section that is there already."""
        self.layout.local_config_file.write_text("[identity]\ntoken_ttl_s = 77\n[api]\nworkers = 2\nport = 15001\n")
        conf = self._read_back(State(port=15000), Wiring("sqlite:////x", "memory://"))
        self.assertEqual((77, 2, 15001), (conf.identity.token_ttl_s, conf.api.workers, conf.api.port))
        self.assertEqual("http://127.0.0.1:15000", conf.api.public_url)
