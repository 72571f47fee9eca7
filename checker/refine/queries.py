"""A question to Z3 with several sets of hypotheses: little effort for each, then more for each.

By marked instances first, then by models, as all proofs for any size ask (unbounded/queries.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quorate.checker.prove.unbounded import Answer
from quorate.checker.prove.unbounded.logic import Formula
from quorate.checker.prove.unbounded.queries import Asker
from quorate.checker.prove.unbounded.searching import Searcher
from quorate.checker.prove.unbounded.vocabulary import Vocabulary
from quorate.checker.smt.effort import Budget

ROUNDS = (0.3, 1.2)  # effort for marked instances: little at first, then more


class _Marked(Asker):
    """Asks by marked instances, each way once, with so much effort."""

    most: float = ROUNDS[0]

    def _schedule(self, ways: int) -> Iterator[tuple[int, float]]:
        for number in range(ways):
            yield number, self.most


@dataclass
class Questioner:
    """Asks Z3, with the axioms of one vocabulary; make all formulas first, they bring symbols in.

    `effort` bounds one question (see prove/effort.py).
    """

    vocabulary: Vocabulary
    seed: int
    effort: float
    by_clock: int = 0  # questions that the clock ended, and not the effort

    def __post_init__(self) -> None:
        self.marked = _Marked(self.vocabulary, self.seed, self.effort)
        self.searcher = Searcher(self.marked.axioms.values(), self.seed)

    def refuted(
        self, query: Formula, *tried: Mapping[str, Formula], quick: bool = False
    ) -> tuple[str, ...] | None:
        """The hypotheses that rule the query out, by marked instances; None if they do not.

        Each of the sets of hypotheses `tried` is given little effort before any is given more;
        `quick`: none is.
        """
        if query is False:
            return ()
        pending = [t for i, t in enumerate(tried) if t not in tried[:i]]
        for self.marked.most in ROUNDS[:1] if quick else ROUNDS:
            for hypotheses in [*pending]:
                found = self.marked.ask(hypotheses, query)
                self.by_clock += found.clock
                if found.answer is Answer.PROVED:
                    return found.used
                if found.answer is Answer.NOT_PROVED:  # more effort would not help
                    pending.remove(hypotheses)
        return None

    def searched(self, query: Formula, hypotheses: Mapping[str, Formula]) -> tuple[str, ...] | None:
        """At most two hypotheses that rule the query out by models; None if none are found."""
        budget = Budget(self.effort)
        found = self.searcher.refuted(hypotheses, query, (), budget)
        self.by_clock += budget.clock
        return None if found is None else tuple(n for n in hypotheses if n in found)
