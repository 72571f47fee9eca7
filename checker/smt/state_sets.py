"""A set of packed states as one formula: a decision diagram over the bits of a state.

Bryant: Graph-Based Algorithms for Boolean Function Manipulation (1986). The diagram is built level
by level from the sorted states. It has one node for each distinct remainder of their bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quorate.checker.ground.packing import Words

from .cells import Cells
from .formulas import Formula, Variable, choice


class StateSet:
    """A set of packed states: distinct rows of words."""

    def __init__(self, rows: Sequence[Words] | npt.NDArray[np.uint64]) -> None:
        self.rows: npt.NDArray[np.uint64] = np.atleast_2d(np.asarray(rows, dtype=np.uint64))
        self.nodes = 0

    def __len__(self) -> int:
        return len(self.rows)

    def formula(self, cells: Cells) -> Formula:
        """That the cells hold one of the states."""
        placed = list(cells.placed())
        if not self.rows.size or not placed:
            return bool(self.rows.size)
        bits = np.stack([self._bit(w, k) for _, w, k in placed], axis=1)
        return self._diagram(sorted_rows(bits), [v for v, _, _ in placed])

    def _bit(self, word: int, k: int) -> npt.NDArray[np.bool_]:
        return (self.rows[:, word] >> np.uint64(k) & np.uint64(1)).astype(np.bool_)

    def _diagram(self, bits: npt.NDArray[np.bool_], variables: list[Variable]) -> Formula:
        shared = _shared(bits)
        ids = np.ones(
            len(bits), np.int64
        )  # the node of the remainder of each group, at its first row
        starts = np.arange(len(bits))
        formulas: list[Formula] = [False, True]
        for level in range(len(variables) - 1, -1, -1):
            ones = bits[starts, level]
            group = (
                np.cumsum(shared[starts] < level) - 1
            )  # groups of rows with the same bits before this level
            count = int(group[-1]) + 1
            low, high = np.zeros(count, np.int64), np.zeros(count, np.int64)
            low[group[~ones]] = ids[~ones]
            high[group[ones]] = ids[ones]
            starts = starts[np.unique(group, return_index=True)[1]]
            pairs, ids = np.unique(low * len(formulas) + high, return_inverse=True)
            variable, made = variables[level], []
            for pair in pairs.tolist():
                no, yes = formulas[pair // len(formulas)], formulas[pair % len(formulas)]
                made.append(choice(variable, yes, no))
            self.nodes += len(made)
            formulas, ids = [False, *made], ids + 1
        return formulas[int(ids[0])]


def sorted_rows(bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The distinct rows, sorted by the first column, then the second, and so on."""
    packed = np.packbits(bits, axis=1)
    packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))
    words = packed.view(">u8").astype(np.uint64)
    order = np.lexsort(words.T[::-1])
    words = words[order]
    fresh = np.concatenate([[True], (words[1:] != words[:-1]).any(axis=1)])
    found: npt.NDArray[np.bool_] = bits[order[fresh]]
    return found


def _shared(bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """For each row, the number of leading bits that it shares with the row before."""
    differs = bits[1:] != bits[:-1]
    first = np.argmax(differs, axis=1) if len(bits) > 1 else np.empty(0, np.int64)
    return np.concatenate([[-1], first]).astype(np.int64)
