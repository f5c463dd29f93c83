"""Rows that name other rows which are not there, and answers that were promised and never given."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.facts import Facts

KINDS = {
    "row_names_nothing": "A row refers to another one that is not there.",
    "key_without_answer": "A request with an Idempotency-Key was taken and never answered.",
    "keys_not_removed": "Answers of expired Idempotency-Keys are still kept.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Name every orphan and every unanswered key."""
    for orphan in facts.database.orphans:
        yield Difference("row_names_nothing", orphan.value, f"{orphan.table}.{orphan.column} is {orphan.value}",
                         f"no such row of {orphan.named}", mark=f"{orphan.table}.{orphan.column}.{orphan.named}")
    for key in facts.database.unanswered_keys:
        yield Difference("key_without_answer", key, f"idempotency key {key}", "its request has no answer")
    if facts.database.expired_keys:
        yield Difference("keys_not_removed", "idempotency_key", f"{facts.database.expired_keys} idempotency keys expired "
                         "more than an hour ago", "they are still there")
