"""Where every part of a state is kept: its columns, packed into 64-bit words."""

from __future__ import annotations

from collections.abc import Iterator

from quorate.model.language import SizeError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.ir import core as c

from .columns import Column, StateColumns
from .dependency import Dependency
from .derived import DerivedCells
from .nodes import nodes_in

MOST_BITS = 1 << 16


class Layout(StateColumns):
    """The columns of a protocol at the active sizes, in words. Raises SizeError if too wide.

    What `determined` says of cells must hold in every state that is looked at: those have no bits.
    Columns that are `like` those of another layout stand where they stand there. `used` is how many
    bits of each word are taken.
    """

    used: list[int]

    def __init__(
        self,
        description: c.Description,
        sizes: Sizes,
        determined: tuple[Dependency, ...] = (),
        like: Layout | None = None,
    ) -> None:
        super().__init__(description, sizes)
        self.determined = determined
        for d in determined:
            DerivedCells(self, d).attach()
        self.words = self._pack(like)

    def columns(self) -> Iterator[Column]:
        """Every column that a state holds: variables, messages, fault budgets."""
        for parts in self.parts.values():
            yield from (column for column in parts if column.formula is None)
        for m in self.messages.values():
            yield m.kept
        yield from self.budgets.values()

    def behind(self, column: Column) -> Iterator[tuple[Column, int]]:
        """The cells of a state that say what the cells of a column hold."""
        if column.formula is None:
            yield from ((column, i) for i in range(column.count))
        else:
            for node in nodes_in(column.formula(i) for i in range(column.count)):
                if node.op == "load":
                    yield node.args

    def placed(self) -> dict[tuple[str, int, int], tuple[int, int]]:
        """Where each column begins, by its name, count and size."""
        return {(x.name, x.count, x.size): (x.first_word, x.first_bit) for x in self.columns()}

    def _pack(self, like: Layout | None) -> int:
        """First fit, widest first; a column of at most 64 bits stays within one word."""
        total = sum(col.bits * col.count for col in self.columns())
        if total > MOST_BITS:
            widest = max(self.columns(), key=lambda col: col.bits * col.count)
            raise SizeError(
                f"one state of {self.description.name} takes {total:,} bits at these sizes "
                f"({widest.name}: {widest.bits * widest.count:,}), more than {MOST_BITS:,}; "
                "a search could not hold them: give smaller sizes"
            )
        used = [] if like is None else list(like.used)
        known = {} if like is None else like.placed()
        for col in sorted(self.columns(), key=lambda col: -col.bits * col.count):
            need = col.bits * col.count
            if (place := known.get((col.name, col.count, col.size))) is not None:
                col.first_word, col.first_bit = place
                continue
            if need > 64:
                col.first_word = len(used)
                used += [64] * -(-col.count // col.per_word)
                last = col.count % col.per_word or col.per_word
                used[-1] = last * col.bits
                continue
            for word, taken in enumerate(used):
                if taken + need <= 64:
                    col.first_word, col.first_bit = word, taken
                    used[word] += need
                    break
            else:
                col.first_word, col.first_bit = len(used), 0
                used.append(need)
        self.bits, self.used = total, used
        return max(1, len(used))
