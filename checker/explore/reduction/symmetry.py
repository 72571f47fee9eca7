"""One state for each orbit: machine code that replaces a state by the least of its images.

Elements that own disjoint cells, and are the value of none, are sorted by what their cells hold;
the permutations of the other sorts are walked one by one, from image to image by an exchange of two
neighbours. Both are exact: every orbit has one representative, and the number of permutations that
lead to it gives the size of the orbit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from llvmlite import ir

from quorate.checker.explore.codegen.emit import I1, I32, I64, Lowering, Words, const
from quorate.checker.explore.codegen.labels import UNDEFINED_STEP
from quorate.checker.ground.interchangeable import MOST_PERMUTATIONS, interchangeable
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool
from quorate.checker.ground.permutations import Cell, Move, Permutation, swap
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.interpreter import Interpreter

MOST_UNROLLED = 24  # images in one straight line
MOST_ORBIT = 1 << 32  # states of one orbit, so that those of all orbits can be counted in 63 bits

Chain = tuple[Cell, ...]  # what the same cell is called for each element of a sort


@dataclass(frozen=True)
class Blocks:
    """A sort whose elements own disjoint cells: one chain for each cell that an element owns."""

    size: int
    chains: tuple[Chain, ...]


@dataclass
class Reduction:
    """What symmetry makes of a protocol at given sizes; make it inside them.

    `refused` says of the unordered sorts whose elements are told apart why they are. Where no sort
    is left (`permutations` is 1), no code is made.
    """

    layout: Layout
    sorts: tuple[type[Sort], ...] = field(init=False)
    refused: dict[type[Sort], str] = field(init=False)
    permutations: int = field(init=False)

    def __post_init__(self) -> None:
        layout = self.layout
        initial = Interpreter(layout.description.protocol, layout.sizes).initial()
        found = interchangeable(layout, initial)
        self.refused = dict(found.refused)
        swaps = {
            s: [Permutation(layout, {s: swap(len(s), i)}).moves for i in range(len(s) - 1)]
            for s in found.sorts
        }
        self.blocks: dict[type[Sort], Blocks] = {}
        for sort in sorted(found.sorts, key=lambda s: -len(s)):
            blocks = _blocks(swaps[sort])
            if blocks is not None and not self._overlaps(blocks):
                self.blocks[sort] = blocks
        walked = [s for s in found.sorts if s not in self.blocks]
        for sort in sorted(walked, key=lambda s: -len(s)):
            images = math.prod(math.factorial(len(s)) for s in walked)
            if images > MOST_PERMUTATIONS:
                walked.remove(sort)
                self.refused[sort] = f"{images:,} permutations are too many to look at"
        for sort in list(self.blocks):  # the largest first
            images = math.prod(math.factorial(len(s)) for s in (*walked, *self.blocks))
            if images > MOST_ORBIT:
                del self.blocks[sort]
                self.refused[sort] = f"{images:,} permutations are too many to count with"
        self.sorts = tuple(s for s in found.sorts if s in walked or s in self.blocks)
        self.permutations = math.prod(math.factorial(len(s)) for s in self.sorts)
        self.steps, self.exchanges = self._walk([swaps[s] for s in walked])

    def _overlaps(self, blocks: Blocks) -> bool:
        taken = {cell for b in self.blocks.values() for chain in b.chains for cell in chain}
        return any(cell in taken for chain in blocks.chains for cell in chain)

    @staticmethod
    def _walk(swaps: list[list[list[Move]]]) -> tuple[list[int], list[list[Move]]]:
        """Which exchanges, one after the other, lead through every permutation; and all of them."""
        steps: list[int] = []
        exchanges: list[list[Move]] = []
        for moves in swaps:
            first = len(exchanges)
            exchanges += moves
            longer = list(steps)
            for i in _plain_changes(len(moves) + 1):
                steps = steps[::-1]
                longer += [first + i, *steps]
            steps = longer
        return steps, exchanges

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(s.__name__ for s in self.sorts)

    # ------------------------------------------------------------ code

    def add_to(self, module: ir.Module, conditions: Sequence[Bool], successors: str) -> None:
        """Add `reduced`, `check_whole`, `canonical` and `weigh` to a module with `successors`.

        `i64 reduced(state*, out*, labels*, fired*)` is `successors`, with each successor replaced
        by its representative, unless that is the (canonical) state itself. `i64 check_whole(state*,
        label*)` has bit i set where condition i holds, however the state came about. `i64
        canonical(state*)` replaces a state by its representative and returns the size of its orbit;
        `i64 weigh(state*, sum*)` adds that to a sum.
        """
        self._add_check(module, conditions)
        pointer = ir.PointerType()
        f = ir.Function(module, ir.FunctionType(I64, [pointer]), "canonical")
        b = ir.IRBuilder(f.append_basic_block("entry"))
        words, fixing = self._least(b, self._load(b, f.args[0]))
        self._store(b, f.args[0], words)
        b.ret(b.udiv(const(self.permutations), fixing))
        g = ir.Function(module, ir.FunctionType(I64, [pointer, pointer]), "weigh")
        b = ir.IRBuilder(g.append_basic_block("entry"))
        total = b.add(b.load(g.args[1], typ=I64), b.call(f, [g.args[0]]))
        b.store(total, g.args[1])
        b.ret(const(0))
        self._add_reduced(module, successors)

    def _load(self, b: ir.IRBuilder, memory: Any) -> list[Any]:
        places = (b.gep(memory, [const(i)], source_etype=I64) for i in range(self.layout.words))
        return [b.load(p, typ=I64) for p in places]

    def _store(self, b: ir.IRBuilder, memory: Any, words: list[Any]) -> None:
        for i, word in enumerate(words):
            b.store(word, b.gep(memory, [const(i)], source_etype=I64))

    def _add_check(self, module: ir.Module, conditions: Sequence[Bool]) -> None:
        """A representative is no successor by an instance, so nothing of it is known before."""
        kind = ir.FunctionType(I64, [ir.PointerType()] * 2)
        f = ir.Function(module, kind, "check_whole")
        b = ir.IRBuilder(f.append_basic_block("entry"))
        words = Words(self._load(b, f.args[0]), f.args[0])
        low = Lowering(b, words, self.layout.graph)
        bits = [b.shl(b.zext(low.condition(p), I64), const(i)) for i, p in enumerate(conditions)]
        b.ret(_joined(b, bits))

    def _add_reduced(self, module: ir.Module, successors: str) -> None:
        pointer = ir.PointerType()
        kind = ir.FunctionType(I64, [pointer] * 4)
        f = ir.Function(module, kind, "reduced")
        for argument in f.args:
            argument.add_attribute("noalias")
        state, out, labels, _ = f.args
        entry, head = f.append_basic_block("entry"), f.append_basic_block("head")
        body, keep = f.append_basic_block("body"), f.append_basic_block("keep")
        step, done = f.append_basic_block("step"), f.append_basic_block("done")
        b = ir.IRBuilder(entry)
        count = b.call(module.get_global(successors), f.args)
        before = self._load(b, state)
        kept = b.alloca(I64)
        b.store(const(0), kept)
        b.branch(head)
        b.position_at_end(head)
        j = b.phi(I64)
        j.add_incoming(const(0), entry)
        b.cbranch(b.icmp_unsigned("<", j, count), body, done)
        b.position_at_end(body)
        size = const(self.layout.words)
        at = b.gep(out, [b.mul(j, size)], source_etype=I64)
        label = b.load(b.gep(labels, [j], source_etype=I32), typ=I32)
        words, _ = self._least(b, self._load(b, at))
        changed = b.icmp_unsigned(">=", label, ir.Constant(I32, UNDEFINED_STEP))
        for old, new in zip(before, words, strict=True):
            changed = b.or_(changed, b.icmp_unsigned("!=", old, new))
        b.cbranch(changed, keep, step)
        b.position_at_end(keep)
        n = b.load(kept, typ=I64)
        self._store(b, b.gep(out, [b.mul(n, size)], source_etype=I64), words)
        b.store(label, b.gep(labels, [n], source_etype=I32))
        b.store(b.add(n, const(1)), kept)
        b.branch(step)
        b.position_at_end(step)
        j.add_incoming(b.add(j, const(1)), step)
        b.branch(head)
        b.position_at_end(done)
        b.ret(b.load(kept, typ=I64))

    def _least(self, b: ir.IRBuilder, words: list[Any]) -> tuple[list[Any], Any]:
        """The representative, and how many permutations leave it as it is."""
        if len(self.steps) <= MOST_UNROLLED:
            best, count = self._unrolled(b, words)
        else:
            best, count = self._looped(b, words)
        for blocks in self.blocks.values():
            count = b.mul(count, _Sorter(b, blocks).fixing(best))
        return best, count

    def _sorted(self, b: ir.IRBuilder, words: list[Any]) -> list[Any]:
        for blocks in self.blocks.values():
            words = _Sorter(b, blocks).sorted(words)
        return words

    def _unrolled(self, b: ir.IRBuilder, words: list[Any]) -> tuple[list[Any], Any]:
        best, count = self._sorted(b, words), const(1)
        for i in self.steps:
            words = _exchanged(b, words, self.exchanges[i])
            best, count = self._better(b, self._sorted(b, words), best, count)
        return best, count

    def _better(
        self, b: ir.IRBuilder, image: list[Any], best: list[Any], count: Any
    ) -> tuple[list[Any], Any]:
        """The lesser of two images, and how often it was met."""
        less, same = _compared(b, image, best)
        found = [b.select(less, x, y) for x, y in zip(image, best, strict=True)]
        return found, b.select(less, const(1), b.add(count, b.zext(same, I64)))

    def _looped(self, b: ir.IRBuilder, words: list[Any]) -> tuple[list[Any], Any]:
        """The same as a loop over the steps."""
        f, n = b.function, len(self.steps)
        byte = ir.IntType(8)
        kind = ir.ArrayType(byte, n)
        name = f"steps.{f.name}"
        steps = ir.GlobalVariable(b.module, kind, name)
        steps.global_constant, steps.linkage = True, "internal"
        steps.initializer = ir.Constant(kind, bytearray(self.steps))
        first = self._sorted(b, words)
        entry = b.block
        loop, join = f.append_basic_block("image"), f.append_basic_block("seen")
        done, never = f.append_basic_block("least"), f.append_basic_block("never")
        b.branch(loop)
        b.position_at_end(loop)
        k, count = b.phi(I64), b.phi(I64)
        image = [b.phi(I64) for _ in words]
        best = [b.phi(I64) for _ in words]
        for phi, value in zip(
            [k, count, *image, *best], [const(0), const(1), *words, *first], strict=True
        ):
            phi.add_incoming(value, entry)
        which = b.load(b.gep(steps, [k], source_etype=byte), typ=byte)
        choice = b.switch(which, never)
        after = []
        for i, moves in enumerate(self.exchanges):
            case = f.append_basic_block("exchange")
            choice.add_case(ir.Constant(byte, i), case)
            b.position_at_end(case)
            after.append((_exchanged(b, image, moves), b.block))
            b.branch(join)
        b.position_at_end(never)
        b.unreachable()
        b.position_at_end(join)
        following = [b.phi(I64) for _ in words]
        for moved, block in after:
            for phi, value in zip(following, moved, strict=True):
                phi.add_incoming(value, block)
        least, times = self._better(b, self._sorted(b, following), best, count)
        longer = b.add(k, const(1))
        for phi, value in zip(
            [k, count, *image, *best], [longer, times, *following, *least], strict=True
        ):
            phi.add_incoming(value, b.block)
        b.cbranch(b.icmp_unsigned("<", longer, const(n)), loop, done)
        b.position_at_end(done)
        return least, times


def _plain_changes(n: int) -> Iterator[int]:
    """Positions to exchange with the next one so that n elements take every order."""
    if n < 2:
        return
    below = list(_plain_changes(n - 1))
    for k in range(len(below) + 1):
        down = k % 2 == 0
        yield from range(n - 2, -1, -1) if down else range(n - 1)
        if k < len(below):
            yield below[k] + (1 if down else 0)


def _blocks(swaps: list[list[Move]]) -> Blocks | None:
    """The cells that each element owns, if exchanging neighbours does no more than exchange those.

    A chain has a cell for each element; the exchange of i and i + 1 moves its cells i and i + 1.
    """
    moved: list[dict[Cell, Cell]] = []
    for moves in swaps:
        if any(m.table is not None for m in moves):
            return None
        moved.append({m.source: m.target for m in moves if m.source != m.target})
    chains: list[Chain] = []
    seen: set[Cell] = set()
    for cell in moved[0]:
        if cell in seen or any(cell in m for m in moved[1:]):
            continue
        chain = [cell]
        for m in moved:
            if chain[-1] not in m:
                return None
            chain.append(m[chain[-1]])
        seen.update(chain)
        chains.append(tuple(chain))
    for i, m in enumerate(moved):
        if m.keys() != {cell for chain in chains for cell in chain[i : i + 2]}:
            return None
    return Blocks(len(swaps) + 1, tuple(chains))


# ---------------------------------------------------------------- words


def _shifted(b: ir.IRBuilder, word: Any, by: int) -> Any:
    """A word shifted to the left (to the right if negative)."""
    if by == 0:
        return word
    return b.shl(word, const(by)) if by > 0 else b.lshr(word, const(-by))


def _joined(b: ir.IRBuilder, parts: Sequence[Any]) -> Any:
    found = parts[0] if parts else const(0)
    for part in parts[1:]:
        found = b.or_(found, part)
    return found


def _compared(b: ir.IRBuilder, xs: list[Any], ys: list[Any]) -> tuple[Any, Any]:
    """Whether the first words are less than the second, and whether they are equal."""
    less: Any = ir.Constant(I1, 0)
    same: Any = ir.Constant(I1, 1)
    for x, y in zip(reversed(xs), reversed(ys), strict=True):
        equal = b.icmp_unsigned("==", x, y)
        less = b.select(equal, less, b.icmp_unsigned("<", x, y))
        same = b.and_(same, equal)
    return less, same


def _exchanged(b: ir.IRBuilder, words: list[Any], moves: list[Move]) -> list[Any]:
    """The words of a permuted state: what moves the same way moves together."""
    whole: dict[tuple[int, int, int], int] = {}  # (from word, to word, distance): mask
    parts: list[list[Any]] = [[] for _ in words]
    for m in moves:
        (source, low), (target, bit) = m.source.place, m.target.place
        if m.table is None and m.guard is None:
            mask = ((1 << m.source.column.bits) - 1) << low
            key = source, target, bit - low
            whole[key] = whole.get(key, 0) | mask
            continue
        value = _cell(b, words, m.source)
        if m.table is not None:
            value = _looked_up(b, value, m.table, m.target.column.bits)
        if m.guard is not None:
            cell, least = m.guard
            there = b.icmp_unsigned(">=", _cell(b, words, cell), const(least))
            value = b.select(there, value, const(0))
        parts[target].append(_shifted(b, value, bit))
    for (source, target, distance), mask in whole.items():
        parts[target].append(_shifted(b, b.and_(words[source], const(mask)), distance))
    return [_joined(b, p) for p in parts]


def _cell(b: ir.IRBuilder, words: list[Any], cell: Cell) -> Any:
    word, bit = cell.place
    return b.and_(_shifted(b, words[word], -bit), const((1 << cell.column.bits) - 1))


def _looked_up(b: ir.IRBuilder, code: Any, table: tuple[int, ...], bits: int) -> Any:
    if len(table) * bits <= 64:
        packed = sum(value << i * bits for i, value in enumerate(table))
        entry = b.lshr(const(packed), b.mul(code, const(bits)))
        return b.and_(entry, const((1 << bits) - 1))
    item = ir.IntType(8 if bits <= 8 else 16 if bits <= 16 else 32)
    kind = ir.ArrayType(item, len(table))
    known = {
        g.initializer.get_reference(): g
        for g in b.module.global_values
        if isinstance(g, ir.GlobalVariable) and g.name.startswith("table.")
    }
    values = ir.Constant(kind, list(table))
    array = known.get(values.get_reference())
    if array is None or array.value_type != kind:
        array = ir.GlobalVariable(b.module, kind, f"table.{len(known)}")
        array.global_constant, array.linkage, array.initializer = True, "internal", values
    return b.zext(b.load(b.gep(array, [code], source_etype=item), typ=item), I64)


@dataclass(frozen=True)
class _Rigid:
    """Cells that are at the same distances from each other for every element.

    `mask` is where they are for the first element; element i has them in word `words[i]`, shifted
    by `offsets[i]`. Its key holds them shifted by `shift`, in key word `key`.
    """

    mask: int
    words: tuple[int, ...]
    offsets: tuple[int, ...]
    key: int
    shift: int


class _Sorter:
    """Sorts the elements of a sort by the contents of their cells."""

    def __init__(self, b: ir.IRBuilder, blocks: Blocks) -> None:
        self.b, self.size = b, blocks.size
        masks: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for chain in blocks.chains:
            places = [cell.place for cell in chain]
            first = places[0][1]
            key = tuple(w for w, _ in places), tuple(bit - first for _, bit in places)
            masks[key] = masks.get(key, 0) | ((1 << chain[0].column.bits) - 1) << first
        self.rigid: list[_Rigid] = []
        taken: list[int] = []
        for (words, offsets), mask in sorted(masks.items(), key=lambda kv: -kv[1].bit_count()):
            key_word, shift = _free(mask, taken)
            taken[key_word] |= _moved(mask, shift)
            self.rigid.append(_Rigid(mask, words, offsets, key_word, shift))
        self.keys = len(taken)

    def _key(self, words: list[Any], i: int) -> list[Any]:
        """What the cells of element i hold, in as few words as possible."""
        parts: list[list[Any]] = [[] for _ in range(self.keys)]
        for r in self.rigid:
            here = _shifted(self.b, words[r.words[i]], r.shift - r.offsets[i])
            parts[r.key].append(self.b.and_(here, const(_moved(r.mask, r.shift))))
        return [_joined(self.b, p) for p in parts]

    def sorted(self, words: list[Any]) -> list[Any]:
        """The words with the elements in increasing order."""
        b = self.b
        keys = [self._key(words, i) for i in range(self.size)]
        for last in range(self.size - 1, 0, -1):
            for i in range(last):
                less, _ = _compared(b, keys[i + 1], keys[i])
                both = list(zip(keys[i], keys[i + 1], strict=True))
                keys[i] = [b.select(less, y, x) for x, y in both]
                keys[i + 1] = [b.select(less, x, y) for x, y in both]
        parts: list[list[Any]] = [[] for _ in words]
        holes = [0] * len(words)
        for r in self.rigid:
            for i, key in enumerate(keys):
                value = b.and_(key[r.key], const(_moved(r.mask, r.shift)))
                parts[r.words[i]].append(_shifted(b, value, r.offsets[i] - r.shift))
                holes[r.words[i]] |= _moved(r.mask, r.offsets[i])
        return [
            _joined(b, [b.and_(word, const(~hole)), *p]) if hole else word
            for word, hole, p in zip(words, holes, parts, strict=True)
        ]

    def fixing(self, words: list[Any]) -> Any:
        """How many permutations of sorted elements change nothing: those among equal ones."""
        b = self.b
        keys = [self._key(words, i) for i in range(self.size)]
        run, found = const(1), const(1)
        for x, y in itertools.pairwise(keys):
            _, same = _compared(b, x, y)
            run = b.select(same, b.add(run, const(1)), const(1))
            found = b.mul(found, run)
        return found


def _moved(mask: int, by: int) -> int:
    return mask << by if by >= 0 else mask >> -by


def _free(mask: int, taken: list[int]) -> tuple[int, int]:
    """A key word and a shift with room for these bits; a new word if there is none."""
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length()
    for key, used in enumerate(taken):
        for shift in range(-low, 64 - high + 1):
            if not _moved(mask, shift) & used:
                return key, shift
    taken.append(0)
    return len(taken) - 1, 0
