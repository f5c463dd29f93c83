"""Signatures of requests by an access key's secret: those of EC2 (versions 2 and 4) and of S3. Pure.

As documented by Amazon ("Signature Version 2", "Signature Version 4 signing process", "Authenticating requests" of
S3). Versions 0 and 1 of EC2 leave open where a name ends and its value begins, so that one signature fits several
requests: they are refused.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

V4 = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{V4} +Credential=(?P<credential>[^,\s]+), *SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>\w+)")
_SCOPE_PARTS = 4
_UNSAFE = "-_.~"


def is_signed(request: Mapping[str, Any], secret: str, now: float, ttl_s: float) -> bool:
    """Say whether the description of an EC2 request was signed with the secret, at most ttl_s seconds ago.

    request: access, signature, host, verb, path, params, headers, body_hash, as POST /v3/ec2tokens has them.
    """
    params, headers = request["params"], {name.lower(): value for name, value in request["headers"].items()}
    expected: list[str] = []
    if params.get("SignatureVersion") == "2":
        is_young = _is_young(params.get("Timestamp"), params.get("Expires"), now, ttl_s)
        expected = [_version_2(request, host, secret) for host in _hosts(request["host"])]
    else:
        parts = _version_4_parts(params, headers)
        is_young = _is_young(parts.get("date"), None, now, ttl_s)
        if is_young and _is_for(parts, request["access"]):
            expected = [_version_4(request, parts, headers, host, secret) for host in _hosts(request["host"])]
    found = [hmac.compare_digest(each.encode(), request["signature"].encode()) for each in expected]
    return is_young and any(found)


def is_signed_text(text: str, signature: str, secret: str, now: float, ttl_s: float) -> bool:
    """Say whether the secret signed the text of an S3 request; text is in base64, as POST /v3/s3tokens has it.

    The age of a request in the older form is for the object store to judge, which sees its headers.
    """
    try:
        plain = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return False
    if not plain.startswith(V4.encode() + b"\n"):
        made = base64.b64encode(hmac.digest(secret.encode(), plain, "sha1")).decode()
        return hmac.compare_digest(made.encode(), signature.encode())
    lines = plain.decode("utf-8", "replace").split("\n")
    if len(lines) < 4 or len(lines[2].split("/")) != _SCOPE_PARTS:
        return False
    made = hmac.digest(_derived(secret, lines[2]), plain, "sha256").hex()
    return hmac.compare_digest(made.encode(), signature.encode()) and _is_young(lines[1], None, now, ttl_s)


def _hosts(host: str) -> Iterator[str]:
    """Yield the host as it was named, and without its port: some clients sign one and send the other."""
    yield host
    if ":" in host:
        yield host.rpartition(":")[0]


def _version_2(request: Mapping[str, Any], host: str, secret: str) -> str:
    params = request["params"]
    algorithm = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}.get(params.get("SignatureMethod", ""))
    if algorithm is None:
        return ""
    text = "\n".join((request["verb"], host.lower(), request["path"], _query(params, without="Signature")))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), algorithm)).decode()


def _version_4_parts(params: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """Return credential, headers and date of a version 4 signature, from its header or the query; {}: none."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
    if found:
        return {"credential": found["credential"], "headers": found["headers"],
                "date": headers.get("x-amz-date") or headers.get("date", "")}
    names = {"credential": "X-Amz-Credential", "headers": "X-Amz-SignedHeaders", "date": "X-Amz-Date"}
    if params.get("X-Amz-Algorithm") == V4 and all(params.get(name) for name in names.values()):
        return {name: params[other] for name, other in names.items()}
    return {}


def _is_for(parts: Mapping[str, str], access: str) -> bool:
    named, _, scope = parts["credential"].partition("/")
    return named == access and len(scope.split("/")) == _SCOPE_PARTS


def _version_4(request: Mapping[str, Any], parts: Mapping[str, str], headers: Mapping[str, str], host: str,
               secret: str) -> str:
    scope = parts["credential"].partition("/")[2]
    signed = parts["headers"].split(";")
    values = {**headers, "host": host}
    canonical = "\n".join((
        request["verb"], request["path"],
        "" if request["verb"] == "POST" else _query(request["params"], without="X-Amz-Signature"),
        *(f"{name}:{' '.join(values.get(name.lower(), '').split())}" for name in signed), "",
        parts["headers"], request["body_hash"]))
    text = "\n".join((V4, parts["date"], scope, hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.digest(_derived(secret, scope), text.encode(), "sha256").hex()


def _derived(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _query(params: Mapping[str, str], *, without: str) -> str:
    pairs = sorted((quote(name, safe=_UNSAFE), quote(value, safe=_UNSAFE))
                   for name, value in params.items() if name != without)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _is_young(made_at: str | None, ends_at: str | None, now: float, ttl_s: float) -> bool:
    """Say whether a request was made within ttl_s of now, or ends later than now; one that says neither is old."""
    if made_at:
        moment = _moment(made_at)
        return moment is not None and abs(now - moment) <= ttl_s
    moment = _moment(ends_at or "")
    return moment is not None and now < moment <= now + ttl_s


def _moment(text: str) -> float | None:
    for form in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S",
                 "%a, %d %b %Y %H:%M:%S GMT"):
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC).timestamp()
        except ValueError:
            continue
    return None
