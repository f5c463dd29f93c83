"""The metrics page: Prometheus' text exposition format, version 0.0.4. Pure."""

import collections
from collections.abc import Iterable, Mapping

from cumulo.common.audit.findings import Report

CONTENT_TYPE = "text/plain; version=0.0.4"
Sample = tuple[Mapping[str, str], float]


def render(report: Report, operations: Mapping[tuple[str, str], int]) -> str:
    """Return the page; operations counts those that hold a resource by (flow, phase)."""
    kinds = collections.Counter(each["kind"] for each in report.differences)
    return "".join((
        _metric("cumulo_audit_age_seconds", "Seconds since the last audit ended.", _known(report.age_s)),
        _metric("cumulo_audit_duration_seconds", "How long the last audit took.", _known(report.took_s)),
        _metric("cumulo_audit_differences", "Differences older than a minute.", [({}, len(report.differences))]),
        _metric("cumulo_audit_findings", "Differences older than a minute, by kind.",
                [({"kind": kind}, count) for kind, count in sorted(kinds.items())]),
        _metric("cumulo_audit_findings_young", "Differences that do not count yet.", [({}, len(report.young))]),
        _metric("cumulo_audit_unheard", "Agents that did not answer the last audit.", [({}, len(report.unheard))]),
        _metric("cumulo_operations", "Operations that hold a resource, by flow and phase.",
                [({"flow": flow, "phase": phase}, count) for (flow, phase), count in sorted(operations.items())])))


def _known(value: float | None) -> list[Sample]:
    return [] if value is None else [({}, value)]


def _metric(name: str, text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {value:g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    # Kinds, flows and phases are words of ours: nothing in them needs escaping.
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""
