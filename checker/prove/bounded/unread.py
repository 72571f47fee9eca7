"""Unread steps: a shortest run to a violation has no step whose effect is never read.

If no later step reads a cell that a step writes, and the violation does not either, then the run
without that step is a shorter one to the same violation.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quorate.checker.ground.nodes import Bool

from .clauses import Flat
from .transition import Transition

MOST_READERS = 20_000  # pairs of a step and one that may read what it writes


class Unread:
    """For each step, whether it was taken and not read since: the variables `pending` of a frame.

    `chosen` are the variables of the steps. Those of the next frame are larger by `width`.
    """

    def __init__(self, transition: Transition, chosen: Flat, pending: Flat, width: int) -> None:
        self.transition, self.pending = transition, pending
        flat: list[int] = []
        readers = transition.readers()
        if sum(map(len, readers)) > MOST_READERS:
            self.pending, readers = pending[:0], []
        for n, step, later in zip(self.pending.tolist(), chosen.tolist(), readers, strict=False):
            flat += [-step, n + width, 0]
            flat += [-n, n + width, *chosen[later].tolist(), 0]
        self.step = np.array(flat, np.int32)

    def none(self, literal: int, roots: Iterable[Bool]) -> Flat:
        """That the literal implies that only steps that these conditions read are pending."""
        if not len(self.pending):
            return self.pending
        unseen = self.pending[self.transition.unseen(roots)]
        clauses = np.zeros((len(unseen), 3), np.int32)
        clauses[:, 0], clauses[:, 1] = -literal, -unseen
        return clauses.ravel()
