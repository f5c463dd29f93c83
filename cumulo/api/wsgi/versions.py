"""Microversions: which one a request asks for, and the headers that tell which one was used."""

import re

from cumulo.api.wsgi.route import Family, Version, parse_version
from cumulo.common import errors

_FORM = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


def requested(family: Family, headers: dict[str, str]) -> Version | None:
    """Return the version in force: the new header wins over the old, none means the lowest.

    Raises BadRequest for a malformed version and NotAcceptable for one out of range.
    """
    if family.min_version is None or family.max_version is None:
        return None
    text = _asked(family, headers)
    lowest, highest = parse_version(family.min_version), parse_version(family.max_version)
    if text is None:
        return lowest
    if text == "latest":
        return highest
    if not _FORM.fullmatch(text):
        raise errors.BadRequest(f"Version {text[:32]!r} is not of the form major.minor.")
    version = parse_version(text)
    if not lowest <= version <= highest:
        raise errors.NotAcceptable(
            f"Version {text} is not supported by the API. Minimum is {family.min_version} and maximum is "
            f"{family.max_version}.")
    return version


def _asked(family: Family, headers: dict[str, str]) -> str | None:
    for entry in (headers.get("OpenStack-API-Version") or "").split(","):
        service, _, version = entry.strip().partition(" ")
        if service.lower() == family.service_type:
            return version.strip().lower()
    legacy = headers.get(family.legacy_header) if family.legacy_header else None
    return legacy.strip().lower() if legacy is not None else None


def answer_headers(family: Family, version: Version | None) -> dict[str, str]:
    """Return the headers that name the version used."""
    if version is None:
        return {}
    text = f"{version[0]}.{version[1]}"
    headers = {"OpenStack-API-Version": f"{family.service_type} {text}", "Vary": "OpenStack-API-Version"}
    if family.legacy_header:
        headers[family.legacy_header] = text
        headers["Vary"] += f", {family.legacy_header}"
    return headers
