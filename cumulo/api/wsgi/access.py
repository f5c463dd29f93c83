"""Which requests a token with access rules may make: service, method and path, before policy is asked anything.

    /v2.1/servers          this path
    /v2.1/servers/*        one more segment, whatever it is; {server_id} says the same
    /v2.1/servers/**       any number of segments, also none

A path stands below the API's own mount, or is the whole path of the request.
"""

from collections.abc import Iterable, Sequence

from cumulo.common import errors
from cumulo.identity.model import LOGIN_REFUSED

Rule = tuple[str, str, str]


def check(rules: Iterable[Rule], service: str, method: str, paths: Sequence[str]) -> None:
    """Raise Unauthorized unless one of the rules is about the request; paths are the names it goes by."""
    wanted = [_segments(path) for path in paths]
    for rule_service, rule_method, rule_path in rules:
        if rule_service == service and rule_method == method:
            pattern = _segments(rule_path)
            if any(fits(pattern, path) for path in wanted):
                return
    raise errors.Unauthorized(LOGIN_REFUSED)


def fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Say whether a path fits a pattern, both in segments; takes time in proportion to both, whatever they hold."""
    reached = {0}  # how many segments of the path the pattern so far may have covered
    for each in pattern:
        if each == "**":
            reached = set(range(min(reached, default=len(path) + 1), len(path) + 1))
        else:
            reached = {count + 1 for count in reached if count < len(path) and _is_like(each, path[count])}
    return len(path) in reached


def _is_like(pattern: str, segment: str) -> bool:
    return pattern in ("*", segment) or (pattern.startswith("{") and pattern.endswith("}"))


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")
