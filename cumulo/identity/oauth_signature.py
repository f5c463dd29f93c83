"""Signatures of OAuth 1.0a (RFC 5849): what a program sends in its Authorization header, read and checked. Pure."""

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

_PARAMETER = re.compile(r'([\w%.~-]+)="([^"]*)"')
_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
_NOT_SIGNED = ("oauth_signature", "realm")
MAX_HEADER = 8192


def read(header: str) -> dict[str, str]:
    """Return the parameters of an Authorization header of OAuth; empty for any other."""
    scheme, _, rest = header[:MAX_HEADER].partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {unquote(name): unquote(value) for name, value in _PARAMETER.findall(rest)}


def signature(method: str, url: str, parameters: Iterable[tuple[str, str]], keys: tuple[str, str],
              digest: str = "sha1") -> str:
    """Return the signature by the secrets of the program and of its token ("" where it has none yet)."""
    pairs = sorted((_quote(name), _quote(value)) for name, value in parameters)
    text = "&".join(_quote(part) for part in (
        method.upper(), url, "&".join(f"{name}={value}" for name, value in pairs)))
    key = "&".join(_quote(each) for each in keys)
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), digest)).decode()


def is_signed(method: str, url: str, query: Iterable[tuple[str, str]], parameters: Mapping[str, str],
              keys: tuple[str, str], now: float, ttl_s: float) -> bool:
    """Say whether the request was signed with the secrets, at a time that differs from now by at most ttl_s."""
    digest = _DIGESTS.get(parameters.get("oauth_signature_method", ""))
    moment = parameters.get("oauth_timestamp", "")
    if digest is None or not re.fullmatch(r"\d{1,12}", moment, re.ASCII) or abs(now - int(moment)) > ttl_s:
        return False
    signed = [*query, *((name, value) for name, value in parameters.items() if name not in _NOT_SIGNED)]
    expected = signature(method, url, signed, keys, digest)
    return hmac.compare_digest(expected.encode(), parameters.get("oauth_signature", "").encode())


def _quote(text: str) -> str:
    return quote(text, safe="-._~")
