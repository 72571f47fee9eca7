"""LLVM's assembly language, written down as it is built: as much of it as kernels are made of.

llvmlite's builder makes an object of every instruction, and a text of every object in the end,
which was a third of what a first run took. Here an instruction is a line from the beginning, a type
is its text, and a value is both the type and the text by which others refer to it.
(https://llvm.org/docs/LangRef.html)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

Type = str

I1, I8, I16, I32, I64, POINTER = "i1", "i8", "i16", "i32", "i64", "ptr"

_COMPARISONS = {"==": "eq", "!=": "ne", "<": "ult", "<=": "ule", ">": "ugt", ">=": "uge"}

# Of a module with this triple LLVM assumes nothing; the machine is known when it is compiled.
_HEADER = 'target triple = "unknown-unknown-unknown"\ntarget datalayout = ""\n'

_UNLIKELY = '!0 = !{!"branch_weights", i32 1, i32 99}'


def integer(bits: int) -> Type:
    """The type of numbers of so many bits."""
    return f"i{bits}"


def vector(kind: Type, count: int) -> Type:
    """The type of a vector."""
    return f"<{count} x {kind}>"


class Value:
    """A value: its type, and how it is written where it is used."""

    __slots__ = ("text", "type")

    def __init__(self, kind: Type, text: str) -> None:
        self.type, self.text = kind, text

    def __str__(self) -> str:
        return f"{self.type} {self.text}"


def constant(kind: Type, value: int) -> Value:
    """A number of a type."""
    return Value(kind, str(value))


def constants(kind: Type, values: Sequence[int]) -> Value:
    """A vector of numbers of a type."""
    return Value(vector(kind, len(values)), f"<{_listed(kind, values)}>")


def undefined(kind: Type) -> Value:
    """Any value of a type."""
    return Value(kind, "undef")


def _listed(kind: Type, values: Iterable[object]) -> str:
    return ", ".join([f"{kind} {value}" for value in values])


class ConstantTable(Value):
    """A pointer to constants in a row, each written without its type; more may be added."""

    __slots__ = ("_align", "items", "kind")

    def __init__(self, name: str, kind: Type, items: list[object], align: int) -> None:
        super().__init__(POINTER, f"@{name}")
        self.kind, self.items, self._align = kind, items, align

    def line(self) -> str:
        """Its definition."""
        array = f"[{len(self.items)} x {self.kind}] [{_listed(self.kind, self.items)}]"
        aligned = f", align {self._align}" if self._align else ""
        return f"{self.text} = internal constant {array}{aligned}"


class Module:
    """Functions by their names, and tables of constants."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}
        self._tables: list[ConstantTable] = []
        self._shared: dict[tuple[Type, tuple[object, ...]], ConstantTable] = {}
        self.others: dict[str, None] = {}
        """Lines with what is declared besides, in order."""

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __str__(self) -> str:
        tables = [table.line() for table in self._tables]
        return "\n".join([_HEADER, *tables, *map(str, self._functions.values()), *self.others])

    def add(self, function: Function) -> None:
        """Take a function in."""
        assert function.name not in self, function.name
        self._functions[function.name] = function

    def table(self, kind: Type, items: Iterable[object] = (), align: int = 0) -> ConstantTable:
        """A new table of constants."""
        found = ConstantTable(f"table.{len(self._tables)}", kind, list(items), align)
        self._tables.append(found)
        return found

    def shared_table(self, kind: Type, items: Sequence[object]) -> ConstantTable:
        """A table of constants, the same one for the same constants: nothing is added to it."""
        key = kind, tuple(items)
        if key not in self._shared:
            self._shared[key] = self.table(kind, items)
        return self._shared[key]


class Block:
    """Instructions of a function that are executed one after the other."""

    def __init__(self, function: Function, name: str) -> None:
        self.function, self.name = function, name
        self.lines: list[object] = []
        self.ended = False
        """Whether the last of them says where to go on."""

    def __str__(self) -> str:
        return "\n  ".join([f"{self.name}:", *map(str, self.lines)])


class Function:
    """A function of a module, which others do not see if it is `internal`."""

    def __init__(
        self,
        module: Module,
        name: str,
        result: Type,
        arguments: Sequence[Type],
        internal: bool = False,
    ) -> None:
        self.module, self.name, self.result, self._internal = module, name, result, internal
        self.args = [Value(kind, f"%a{i}") for i, kind in enumerate(arguments)]
        self._blocks: list[Block] = []
        self._values = 0
        module.add(self)

    def append_basic_block(self, name: str) -> Block:
        """One more block, behind all others."""
        self._blocks.append(Block(self, f"{name}.{len(self._blocks)}"))
        return self._blocks[-1]

    def new_name(self) -> str:
        """How the value of the next instruction is written."""
        self._values += 1
        return f"%v{self._values}"

    def __str__(self) -> str:
        seen = "internal " if self._internal else ""
        alone = {POINTER: "" if self._internal else " noalias"}
        given = ", ".join(f"{a.type}{alone.get(a.type, '')} {a.text}" for a in self.args)
        head = f"define {seen}{self.result} @{self.name}({given}) {{"
        return "\n".join([head, *map(str, self._blocks), "}"])


class Phi(Value):
    """What a value is, depending on the block that control comes from."""

    __slots__ = ("_incoming",)

    def __init__(self, kind: Type, text: str) -> None:
        super().__init__(kind, text)
        self._incoming: list[tuple[Value, Block]] = []

    def add_incoming(self, value: Value, block: Block) -> None:
        """From this block it is this value."""
        self._incoming.append((value, block))

    def line(self) -> str:
        """The instruction."""
        pairs = ", ".join(f"[ {value.text}, %{block.name} ]" for value, block in self._incoming)
        return f"{self.text} = phi {self.type} {pairs}"


class _Line:
    """The instruction of a phi, which is complete only in the end."""

    def __init__(self, phi: Phi) -> None:
        self._phi = phi

    def __str__(self) -> str:
        return self._phi.line()


class Switch:
    """Where control goes, depending on a number."""

    def __init__(self, number: Value, other: Block) -> None:
        self._number, self._other = number, other
        self._cases: list[tuple[Value, Block]] = []

    def add_case(self, number: Value, block: Block) -> None:
        """For this number it goes to this block."""
        self._cases.append((number, block))

    def __str__(self) -> str:
        cases = " ".join(f"{number}, label %{block.name}" for number, block in self._cases)
        return f"switch {self._number}, label %{self._other.name} [ {cases} ]"


class Builder:
    """Writes instructions at the end of a block; its methods are named as LLVM's instructions."""

    def __init__(self, block: Block) -> None:
        self.function, self.module = block.function, block.function.module
        self.position_at_end(block)

    def position_at_end(self, block: Block) -> None:
        """Go on in another block."""
        self.block, self._lines = block, block.lines

    def _value(self, kind: Type, instruction: str) -> Value:
        text = self.function.new_name()
        self._lines.append(f"{text} = {instruction}")
        return Value(kind, text)

    def _end(self, instruction: object) -> None:
        self._lines.append(instruction)
        self.block.ended = True

    # ------------------------------------------------------------ numbers

    def add(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"add {x}, {y.text}")

    def sub(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"sub {x}, {y.text}")

    def mul(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"mul {x}, {y.text}")

    def udiv(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"udiv {x}, {y.text}")

    def urem(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"urem {x}, {y.text}")

    def shl(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"shl {x}, {y.text}")

    def lshr(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"lshr {x}, {y.text}")

    def and_(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"and {x}, {y.text}")

    def or_(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"or {x}, {y.text}")

    def xor(self, x: Value, y: Value) -> Value:
        return self._value(x.type, f"xor {x}, {y.text}")

    def not_(self, x: Value) -> Value:
        """All bits inverted, of each number of a vector."""
        ones = "-1"
        if x.type.startswith("<"):
            count, _, kind = x.type[1:-1].split()
            ones = constants(kind, [-1] * int(count)).text
        return self._value(x.type, f"xor {x}, {ones}")

    def icmp_unsigned(self, sign: str, x: Value, y: Value) -> Value:
        """How numbers without a sign compare, or those of two vectors."""
        kind = f"{x.type.rpartition(' ')[0]} i1>" if x.type.startswith("<") else I1
        return self._value(kind, f"icmp {_COMPARISONS[sign]} {x}, {y.text}")

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        return self._value(x.type, f"select {condition}, {x}, {y}")

    def zext(self, x: Value, kind: Type) -> Value:
        return x if x.type == kind else self._value(kind, f"zext {x} to {kind}")

    def trunc(self, x: Value, kind: Type) -> Value:
        return self._value(kind, f"trunc {x} to {kind}")

    def bitcast(self, x: Value, kind: Type) -> Value:
        return self._value(kind, f"bitcast {x} to {kind}")

    def cttz(self, x: Value) -> Value:
        """How many of the lowest bits are 0; of 0 it may be anything."""
        self.module.others[f"declare {x.type} @llvm.cttz.{x.type}({x.type}, i1)"] = None
        return self._value(x.type, f"call {x.type} @llvm.cttz.{x.type}({x}, i1 1)")

    def ctpop(self, x: Value) -> Value:
        """How many bits are 1."""
        self.module.others[f"declare {x.type} @llvm.ctpop.{x.type}({x.type})"] = None
        return self._value(x.type, f"call {x.type} @llvm.ctpop.{x.type}({x})")

    # ------------------------------------------------------------ vectors

    def insert_element(self, x: Value, item: Value, index: Value) -> Value:
        return self._value(x.type, f"insertelement {x}, {item}, {index}")

    def shuffle_vector(self, x: Value, y: Value, order: Value) -> Value:
        return self._value(x.type, f"shufflevector {x}, {y}, {order}")

    # ------------------------------------------------------------ memory

    def alloca(self, kind: Type, size: int = 1) -> Value:
        count = "" if size == 1 else f", i32 {size}"
        return self._value(POINTER, f"alloca {kind}{count}")

    def load(self, place: Value, kind: Type, align: int = 0) -> Value:
        aligned = f", align {align}" if align else ""
        return self._value(kind, f"load {kind}, {place}{aligned}")

    def store(self, x: Value, place: Value) -> None:
        self._lines.append(f"store {x}, {place}")

    def gep(self, place: Value, index: Value, kind: Type) -> Value:
        """The place of an item, in a row of items of this type that begins at a place."""
        return self._value(POINTER, f"getelementptr {kind}, {place}, {index}")

    # ------------------------------------------------------------ control

    def phi(self, kind: Type) -> Phi:
        found = Phi(kind, self.function.new_name())
        self._lines.append(_Line(found))
        return found

    def call(self, function: Function, arguments: Sequence[Value]) -> Value:
        given = ", ".join(map(str, arguments))
        return self._value(function.result, f"call {function.result} @{function.name}({given})")

    def branch(self, block: Block) -> None:
        self._end(f"br label %{block.name}")

    def cbranch(self, condition: Value, then: Block, otherwise: Block, unlikely: str = "") -> None:
        self._end(f"br {condition}, label %{then.name}, label %{otherwise.name}{unlikely}")

    def switch(self, number: Value, other: Block) -> Switch:
        found = Switch(number, other)
        self._end(found)
        return found

    def ret(self, x: Value) -> None:
        self._end(f"ret {x}")

    def unreachable(self) -> None:
        self._end("unreachable")

    @contextmanager
    def if_then(self, condition: Value, likely: bool = True) -> Iterator[None]:
        """What is written inside is executed only if a condition holds."""
        then, done = map(self.function.append_basic_block, ("then", "done"))
        unlikely = ""
        if not likely:
            self.module.others[_UNLIKELY] = None
            unlikely = ", !prof !0"
        self.cbranch(condition, then, done, unlikely)
        self.position_at_end(then)
        yield
        if not self.block.ended:
            self.branch(done)
        self.position_at_end(done)
