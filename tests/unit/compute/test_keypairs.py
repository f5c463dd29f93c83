"""Keys: fingerprints, formats, refusals."""

import unittest

from cryptography.hazmat.primitives import serialization

from cumulo.common import errors
from cumulo.compute import keypairs

# The fingerprint is what `ssh-keygen -l -E md5` prints of it.
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINeNdTzhTtHoziHYsx7jJCyYpR6fOt4pN+hx/2DNidE6"
FINGERPRINT = "71:e8:32:43:6e:e0:9b:f2:09:45:06:ce:ca:02:a9:72"


class KeypairsTest(unittest.TestCase):
    """Material made here and brought along."""

    def test_generated_halves_belong_together(self) -> None:
        made = keypairs.generate_ssh()
        private = serialization.load_ssh_private_key((made.private_key or "").encode(), None)
        public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        self.assertEqual((made.public_key, made.fingerprint), (public.decode(), keypairs.ssh_fingerprint(public.decode())))

    def test_fingerprint_is_of_the_blob_alone(self) -> None:
        for text in (PUBLIC, f"{PUBLIC} me@here", f"{PUBLIC}\n"):
            self.assertEqual(FINGERPRINT, keypairs.import_key("ssh", text).fingerprint)

    def test_certificate(self) -> None:
        made = keypairs.generate_x509("alice", 1.7e9)
        self.assertEqual(made.fingerprint, keypairs.import_key("x509", made.public_key).fingerprint)
        self.assertIn("PRIVATE KEY", made.private_key or "")

    def test_refusals(self) -> None:
        for text in ("", "ssh-ed25519", "ssh-rsa AAAA", "ssh-ed25519 %%%", "none " + PUBLIC.split()[1], f"{PUBLIC}\nx y"):
            with self.assertRaises(errors.BadRequest, msg=text):
                keypairs.import_key("ssh", text)
        with self.assertRaises(errors.BadRequest):
            keypairs.import_key("x509", PUBLIC)
