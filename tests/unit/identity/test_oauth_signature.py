"""Signatures of OAuth 1.0a, against the example of RFC 5849 and against tampering."""

import unittest

from cumulo.identity import oauth_signature

EXAMPLE = ('OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", '
           'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", '
           'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"')
URL, QUERY = "http://photos.example.net/photos", [("file", "vacation.jpg"), ("size", "original")]
KEYS = ("kd94hf93k423kf44", "pfkkdhi9sl3r4s00")
NOW = 137131202.0


class SignatureTest(unittest.TestCase):
    """RFC 5849, section 1.2."""

    def is_signed(self, *, method: str = "GET", url: str = URL, keys: tuple[str, str] = KEYS, now: float = NOW,
                  **changes: str) -> bool:
        """Check the example, or what was made of it."""
        parameters = oauth_signature.read(EXAMPLE) | changes
        return oauth_signature.is_signed(method, url, QUERY, parameters, keys, now, 900)

    def test_the_example(self) -> None:
        self.assertTrue(self.is_signed())

    def test_anything_else(self) -> None:
        self.assertFalse(self.is_signed(method="POST"))
        self.assertFalse(self.is_signed(url=URL + "s"))
        self.assertFalse(self.is_signed(keys=("wrong", KEYS[1])))
        self.assertFalse(self.is_signed(keys=(KEYS[0], "")))
        for name, value in (("oauth_nonce", "other"), ("oauth_signature", ""), ("oauth_signature", "é"),
                            ("oauth_signature_method", "PLAINTEXT"), ("oauth_timestamp", "x"), ("more", "1")):
            self.assertFalse(self.is_signed(**{name: value}), name)

    def test_its_time(self) -> None:
        self.assertTrue(self.is_signed(now=NOW + 900))
        self.assertFalse(self.is_signed(now=NOW + 901))
        self.assertFalse(self.is_signed(now=NOW - 901))

    def test_other_headers(self) -> None:
        for text in ("", "Basic abc", "OAuth", "OAuth nonsense", 'oauth a="b'):
            self.assertEqual({}, oauth_signature.read(text))
        self.assertEqual({"a": "b c"}, oauth_signature.read('OAuth a="b%20c"'))


if __name__ == "__main__":
    unittest.main()
