"""Rules of metadata definitions: everybody with a project reads what they may see, administrators change."""

from typing import Any

from oslo_policy import policy

_ONE = "/v2/metadefs/namespaces/{namespace}"
_NAMES = {"objects": "object_name", "properties": "property_name", "tags": "tag_name", "resource_types": "resource_type"}


def _operations(methods: tuple[str, ...], path: str) -> list[dict[str, Any]]:
    return [{"method": method, "path": path} for method in methods]


def _inside(methods_all: tuple[str, ...], methods_one: tuple[str, ...]) -> list[dict[str, Any]]:
    found = []
    for plural, name in _NAMES.items():
        found += _operations(methods_all, f"{_ONE}/{plural}") + _operations(methods_one, f"{_ONE}/{plural}/{{{name}}}")
    return found


RULES = (
    policy.DocumentedRuleDefault(
        "image:metadefs:show", "rule:project_reader", "List or show metadata definitions.",
        [*_operations(("GET",), "/v2/metadefs/namespaces"), *_operations(("GET",), _ONE), *_inside(("GET",), ("GET",)),
         *_operations(("GET",), "/v2/metadefs/resource_types")]),
    policy.DocumentedRuleDefault(
        "image:metadefs:change", "rule:admin_required", "Make, change or delete metadata definitions.",
        [*_operations(("POST",), "/v2/metadefs/namespaces"), *_operations(("PUT", "DELETE"), _ONE),
         *_inside(("POST", "DELETE"), ("POST", "PUT", "DELETE"))]),
)
