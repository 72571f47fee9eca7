"""Queries with several sets of hypotheses: all get little effort first, then all get more.

Triggered instances come first, models after them, as in all proofs for any size
(prove/unbounded/queries.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quorate.checker.prove.unbounded import Answer
from quorate.checker.prove.unbounded.logic import Formula
from quorate.checker.prove.unbounded.model_based import ModelBasedProver
from quorate.checker.prove.unbounded.queries import Prover
from quorate.checker.prove.unbounded.signature import Signature
from quorate.checker.smt.effort import Budget

ROUNDS = (0.3, 1.2)  # the effort for triggered instances in each round


@dataclass
class RefinementProver:
    """Asks Z3 with the axioms of one signature. Make all formulas first: they add symbols.

    `effort` bounds one question (see prove/effort.py).
    """

    signature: Signature
    seed: int
    effort: float
    by_clock: int = 0  # queries for which time ran out before the effort did
    round: float = ROUNDS[0]  # the effort for each strategy in this round

    def __post_init__(self) -> None:
        self.triggered = Prover(self.signature, self.seed, self.effort, schedule=self._once)
        self.model_based = ModelBasedProver(self.triggered.axioms.values(), self.seed)

    def _once(self, strategies: int) -> list[tuple[int, float]]:
        return [(number, self.round) for number in range(strategies)]

    def refuted(
        self, query: Formula, *tried: Mapping[str, Formula], quick: bool = False
    ) -> tuple[str, ...] | None:
        """The hypotheses that refute the query by triggered instances; None if they do not.

        Each of the sets of hypotheses `tried` gets little effort before any gets more; if `quick`,
        none gets more.
        """
        if query is False:
            return ()
        pending = [t for i, t in enumerate(tried) if t not in tried[:i]]
        for self.round in ROUNDS[:1] if quick else ROUNDS:
            for hypotheses in [*pending]:
                found = self.triggered.ask(hypotheses, query)
                self.by_clock += found.clock
                if found.answer is Answer.PROVED:
                    return found.used
                if found.answer is Answer.NOT_PROVED:  # more effort would not help
                    pending.remove(hypotheses)
        return None

    def searched(self, query: Formula, hypotheses: Mapping[str, Formula]) -> tuple[str, ...] | None:
        """At most two hypotheses that refute the query by models; None if none are found."""
        budget = Budget(self.effort)
        answer, used = self.model_based.refuted(hypotheses, query, (), budget)
        self.by_clock += budget.clock
        return tuple(n for n in hypotheses if n in used) if answer is Answer.PROVED else None
