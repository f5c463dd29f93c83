"""The tokens that users of a simulated cloud hold, and what has been asked for that must end them.

A request is no moment: it begins, something happens, its answer comes, perhaps never. So of a token and an end:

    the token was there before the end began, and the end was answered    refused, once the promised age has passed
    the end was answered before the token was asked for                   the token has nothing to do with it
    anything else, such as both in one moment                             nobody can tell

A token that no end can have met is good.
"""

import collections
import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator

PROMISED_AGE_S = 1.0
"""[identity] revocation_refresh_s: for so long at most a process relies on what it has read."""


@dataclasses.dataclass
class End:
    """Something that takes rights away."""

    began_s: float
    is_undone: bool  # or may be: it was asked for
    answered_s: float = math.inf


@dataclasses.dataclass(frozen=True)
class Token:
    """A token, and what it depends on.

    After the end of one of its subjects it is never good again; what it leans on may end and begin again.
    """

    text: str
    user_id: str
    project_id: str
    subjects: tuple[str, ...]
    leans_on: tuple[str, ...]
    began_s: float
    known_s: float
    is_borrowed: bool = False


class Tokens:
    """Every token of a run, and every end."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.all: list[Token] = []
        self.findings: list[str] = []
        self._now_s = now_s
        self._ends: dict[str, list[End]] = {}
        self._undoing: collections.Counter[str] = collections.Counter()

    def ending(self, *subjects: str) -> Callable[[], None]:
        """Note that the end of these is asked for now; call what is returned when it is answered."""
        ends = [End(self._now_s(), self._undoing[subject] > 0) for subject in subjects]
        for subject, end in zip(subjects, ends, strict=True):
            self._ends.setdefault(subject, []).append(end)

        def answered() -> None:
            for end in ends:
                end.answered_s = self._now_s()

        return answered

    def undoing(self, *subjects: str) -> Callable[[], None]:
        """Note that what has ended is asked to begin again; call what is returned when that is answered."""
        self._undoing.update(subjects)
        for subject in subjects:
            for end in self._ends.get(subject, ()):
                end.is_undone = True
        return lambda: self._undoing.subtract(subjects)

    def has_ended(self, subjects: Iterable[str], by_s: float) -> bool:
        """Say whether one of them had ended by then for sure, and not begun again."""
        return any(end.answered_s <= by_s and not end.is_undone
                   for subject in subjects for end in self._ends.get(subject, ()))

    def judge(self, token: Token, began_s: float, status: int, where: str) -> None:
        """Hold the answer to a request made with a token against what is known."""
        is_refused = status in (401, 404)
        if status < 500 and not is_refused and self._is_over(token, began_s):
            self.findings.append(f"tokens: {where}, asked at {began_s:.3f}, took an ended token of {token.user_id}")
        if is_refused and all(end.answered_s < token.began_s for end, _ in self._met(token)):
            self.findings.append(f"tokens: {where}, asked at {began_s:.3f}, refused a good token of {token.user_id}")

    def _is_over(self, token: Token, at_s: float) -> bool:
        return any(token.known_s <= end.began_s and end.answered_s + PROMISED_AGE_S <= at_s
                   and (is_for_good or not end.is_undone) for end, is_for_good in self._met(token))

    def _met(self, token: Token) -> Iterator[tuple[End, bool]]:
        for subjects, is_for_good in ((token.subjects, True), (token.leans_on, False)):
            for subject in subjects:
                for end in self._ends.get(subject, ()):
                    yield end, is_for_good
