"""Signatures and one-time codes against the examples of their documents."""

import base64
import hashlib
import unittest
from typing import Any

from cumulo.identity import signatures, totp

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
V4_AT = 1440938160.0  # 20150830T123600Z


def request(**changes: Any) -> dict[str, Any]:
    """Return an EC2 request with nothing in it, and changes."""
    return {"access": "AKIDEXAMPLE", "signature": "", "host": "example.amazonaws.com", "verb": "GET", "path": "/",
            "params": {}, "headers": {}, "body_hash": hashlib.sha256(b"").hexdigest()} | changes


class SignaturesTest(unittest.TestCase):
    """The examples of Amazon's documents."""

    def test_version_4_of_the_suite(self) -> None:
        made = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        scope = "20150830/us-east-1/service/aws4_request"
        headers = {"X-Amz-Date": "20150830T123600Z", "Authorization":
                   f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host;x-amz-date, Signature={made}"}
        good = request(signature=made, headers=headers)
        self.assertTrue(signatures.is_signed(good, SECRET, V4_AT, 900))
        self.assertTrue(signatures.is_signed(good | {"host": "example.amazonaws.com:443"}, SECRET, V4_AT, 900))
        for changes in ({"path": "/x"}, {"verb": "PUT"}, {"params": {"a": "b"}}, {"host": "other"}, {"access": "A"},
                        {"body_hash": ""}, {"headers": {}}, {"signature": made[:-1] + "0"}):
            self.assertFalse(signatures.is_signed(good | changes, SECRET, V4_AT, 900), changes)
        self.assertFalse(signatures.is_signed(good, SECRET, V4_AT + 901, 900))
        self.assertFalse(signatures.is_signed(good, "other", V4_AT, 900))

    def test_version_2_of_the_guide(self) -> None:
        params = {"AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Action": "DescribeJobFlows",
                  "SignatureMethod": "HmacSHA256", "SignatureVersion": "2", "Timestamp": "2011-10-03T15:19:30",
                  "Version": "2009-03-31"}
        good = request(params=params, host="elasticmapreduce.amazonaws.com",
                       signature="i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=")
        secret, now = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 1317655170.0
        self.assertTrue(signatures.is_signed(good, secret, now, 900))
        for name, value in (("Action", "Other"), ("SignatureVersion", "1"), ("SignatureMethod", "HmacMD5"),
                            ("Timestamp", "2011-10-03T15:19:31")):
            self.assertFalse(signatures.is_signed(good | {"params": params | {name: value}}, secret, now, 900), name)

    def test_s3_of_the_guide(self) -> None:
        text = "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg"
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        sent = base64.urlsafe_b64encode(text.encode()).decode()
        self.assertTrue(signatures.is_signed_text(sent, "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=", secret, 0.0, 900))
        self.assertFalse(signatures.is_signed_text(sent, "qgk2+6Sv9/oM7G3qLEjTH1a1l1g", secret, 0.0, 900))
        self.assertFalse(signatures.is_signed_text("é", "x", secret, 0.0, 900))

    def test_codes_of_rfc_6238(self) -> None:
        secret = base64.b32encode(b"12345678901234567890").decode()
        for now, expected in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
            self.assertEqual(expected, totp.code(secret, now // 30))
            self.assertEqual(now // 30, totp.step_of(secret, expected, now + 30))
            self.assertIsNone(totp.step_of(secret, expected, now + 90))
