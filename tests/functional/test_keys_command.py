"""`cumulo keys`: rotation and distribution, while tokens and credentials are in use."""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest
from typing import Any
from unittest import mock

from cumulo.cloud import keys as command
from cumulo.cloud import main
from cumulo.cloud.refusal import Refusal
from cumulo.common.clock import Clock
from cumulo.identity import keys
from tests.fixtures.identity import Identity


class KeysCommandTest(unittest.TestCase):
    """A cloud whose keys change."""

    def setUp(self) -> None:
        self.cloud = Identity()
        self.addCleanup(self.cloud.close)
        self.conf = self.cloud.conf
        self.conf.set_override("url", self.cloud.database.engine.url.render_as_string(hide_password=False), "database")
        self.admin = self.cloud.token()

    def is_good(self, token: str) -> bool:
        """Say whether a token is good."""
        return self.cloud.request("GET", "/v3/auth/projects", token=token).status_int == 200

    def numbers(self, kind: str = "tokens") -> list[str]:
        """Return the numbers of the keys there are."""
        return list(keys.export(command.directory_of(self.conf, kind)))

    def test_no_token_fails_however_often_keys_are_rotated(self) -> None:
        tokens = [self.admin]
        for _ in range(8):
            command.rotate(self.conf, "tokens", Clock())
            self.cloud.validator._known.clear()  # each must be opened again
            tokens.append(self.cloud.token())
            self.assertEqual([], [token for token in tokens if not self.is_good(token)])
        self.assertEqual(10, len(self.numbers()))

    def test_keys_whose_tokens_are_over_go(self) -> None:
        class Later(Clock):
            def now(self) -> float:
                return super().now() + 3601

        for _ in range(4):
            command.rotate(self.conf, "tokens", Later())
        self.assertEqual(["0", "4", "5"], self.numbers())

    def test_credentials_are_sealed_anew(self) -> None:
        made = self.cloud.request("POST", "/v3/credentials", {"credential": {"type": "x", "blob": "kept"}},
                                  token=self.admin).json["credential"]
        for _ in range(5):
            self.assertEqual("credentials: rotated; 1 sealed anew",
                             command.rotate(self.conf, "credentials", Clock()))
            shown = self.cloud.request("GET", f"/v3/credentials/{made['id']}", token=self.admin)
            self.assertEqual("kept", shown.json["credential"]["blob"])
        self.assertEqual(["0", "5", "6"], self.numbers("credentials"))

    def other_host(self) -> Any:
        """Return the configuration of another host, which has no keys yet."""
        above = tempfile.TemporaryDirectory()
        self.addCleanup(above.cleanup)
        return types.SimpleNamespace(identity=types.SimpleNamespace(fernet_key_dir=os.path.join(above.name, "keys")))

    def test_distribution(self) -> None:
        other = self.other_host()
        command.install(other, command.export(self.conf, "tokens"), replace=False)
        there = keys.KeyRepository(other.identity.fernet_key_dir)
        here = keys.KeyRepository(self.conf.identity.fernet_key_dir)
        sealed = [here.fernet().encrypt(b"x")]
        for _ in range(5):
            command.rotate(self.conf, "tokens", Clock())
            sealed += [here.fernet().encrypt(b"x"), there.fernet().encrypt(b"x")]
            for each in sealed:  # also between the rotation and its distribution
                self.assertEqual(b"x", there.fernet().decrypt(each))
                self.assertEqual(b"x", here.fernet().decrypt(each))
            command.install(other, command.export(self.conf, "tokens"), replace=False)
        self.assertEqual(keys.export(self.conf.identity.fernet_key_dir), keys.export(other.identity.fernet_key_dir))

    def test_what_is_not_installed(self) -> None:
        other = self.other_host()
        keys.setup(other.identity.fernet_key_dir)
        before = keys.export(other.identity.fernet_key_dir)
        exported = json.loads(command.export(self.conf, "tokens"))
        for text in (json.dumps(exported), "", "[]", "{}", '{"kind": "tokens", "keys": {}}',
                     '{"kind": "tokens", "keys": {"0": "x", "1": "y"}}', '{"kind": "tokens", "keys": ["a"]}'):
            with self.assertRaises(Refusal):
                command.install(other, text, replace=False)
        self.assertEqual(before, keys.export(other.identity.fernet_key_dir))
        command.install(other, json.dumps(exported), replace=True)
        self.assertEqual(exported["keys"], keys.export(other.identity.fernet_key_dir))

    def test_the_command_line(self) -> None:
        file = pathlib.Path(self.cloud.directory, "service.conf")
        file.write_text(f"[DEFAULT]\nstate_dir = {self.cloud.directory}\n[database]\nurl = {self.conf.database.url}\n",
                        encoding="utf-8")
        for arguments, expected in (("show", "primary: seals"), ("rotate tokens", "tokens: rotated"),
                                    ("rotate credentials", "0 sealed anew"), ("export tokens", '"kind": "tokens"')):
            out = io.StringIO()
            argv = ["cumulo", "keys", *arguments.split(), "--config-file", str(file)]
            with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out):
                self.assertEqual(0, main.main())
            self.assertIn(expected, out.getvalue())
        self.assertEqual(["0", "1", "2"], self.numbers())
        self.assertTrue(self.is_good(self.admin))
        for arguments in ("rotate", "export nonsense", "install /no/such/file"):
            argv = ["cumulo", "keys", *arguments.split(), "--config-file", str(file)]
            with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(io.StringIO()), \
                    contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(1, main.main())
