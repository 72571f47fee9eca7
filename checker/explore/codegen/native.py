"""Functions compiled by Numba and cached as machine code: a later start does not even load Numba.

A `native` function takes integers, truth values and arrays, returns an integer, a truth value or
nothing, and neither allocates nor raises, so its code is self-contained. The functions that it
calls are in its own module or in one of `_OTHERS`. It is called by its address, with the calling
convention of Numba (numba/core/callconv.py): a place for the result, one for an exception, and
every array as the fields of its descriptor (numba/np/arrayobj.py). This is checked when it is
compiled.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Callable
from functools import cache, cached_property
from importlib.util import find_spec
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np
from llvmlite import binding as llvm

from quorate.checker.lazily import lazily

from .machine_code import MachineCode
from .prepared import prepared

if TYPE_CHECKING:
    from . import intrinsics
else:
    intrinsics = lazily("quorate.checker.explore.codegen.intrinsics")  # it takes Numba

F = TypeVar("F", bound=Callable[..., Any])

Kind = tuple[str, int, bool]  # of an argument: type, dimensions, whether its rows are packed

# A call with so many items in its arrays, such as the table and the rows of a search, is worth code
# that is compiled well: for all the functions of a small search, that takes up to half a second.
MANY = 1 << 19

_EXPLORE = Path(__file__).parents[1]
_OTHERS = (
    "search/driver.py",
    "store/table.py",
    "codegen/intrinsics.py",
    "codegen/labels.py",
    "codegen/native.py",
)


@cache
def age_of(file: str) -> str:
    """A hash of a source file, and of those that its functions depend on."""
    digest = hashlib.sha256()
    for path in (Path(file), *map(_EXPLORE.joinpath, _OTHERS)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def native(function: F, inline: Literal["never", "always"] = "never") -> F:
    """Compiled for the kinds of its arguments, when it is first called with them."""
    return cast(F, Native(function, inline))


class Native:
    """What stands for a function: called by Python, or, while Numba compiles, by another one."""

    def __init__(self, function: Callable[..., Any], inline: str) -> None:
        # Under these names Numba looks for what it should inline.
        self.py_func, self.targetoptions = function, {"inline": inline}
        self.__doc__ = function.__doc__
        self._age = age_of(function.__code__.co_filename)
        self._code: dict[tuple[Kind, ...], Code] = {}

    def __call__(self, *arguments: Any) -> Any:
        kinds = tuple(map(_kind, arguments))
        code = self._code.get(kinds)
        if code is None:
            code = self._code[kinds] = Code(self.py_func, self._age, kinds)
        return code(arguments)

    @cached_property
    def _made(self) -> Any:
        return _jit(self.py_func, **self.targetoptions)

    @property
    def _numba_type_(self) -> Any:
        """What it is for Numba: a function of its own."""
        return self._made._numba_type_


class Intrinsic:
    """A function of `intrinsics` by its name, loaded when Numba compiles a call of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target

        intrinsic, context = getattr(intrinsics, self._name), cpu_target.typing_context
        context.refresh()  # it has just been defined
        return context.resolve_value_type(intrinsic)

    def __call__(self, *arguments: Any) -> Any:
        """Only compiled code can."""
        raise NotImplementedError(self._name)


# Calls of machine code by its address, a hint to the processor, and what Python has no words for.
call_successors = Intrinsic("call_successors")
call_successors_from = Intrinsic("call_successors_from")
call_blocked_from = Intrinsic("call_blocked_from")
call_check = Intrinsic("call_check")
call_blocked = Intrinsic("call_blocked")
prefetch = Intrinsic("prefetch")
load_word = Intrinsic("load_word")
store_word = Intrinsic("store_word")
leading_zeros = Intrinsic("leading_zeros")


def _named(function: Callable[..., Any]) -> str:
    """A function by its name and by what its closure holds: numbers, and functions alike."""
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    named = [_named(x.py_func) if isinstance(x, Native) else index(x) for x in held]
    return f"{function.__module__}.{function.__qualname__} {named}"


def _jit(function: Callable[..., Any], **options: Any) -> Any:
    from numba import njit

    # Nothing but the function itself, and no memory that is counted.
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    decorate: Any = njit
    return decorate(error_model="numpy", **bare, **options)(function)


def _kind(argument: Any) -> Kind:
    if isinstance(argument, np.ndarray):
        return argument.dtype.str, argument.ndim, argument.flags.c_contiguous
    given = np.bool_ if isinstance(argument, bool) else np.int64
    return (argument.dtype if isinstance(argument, np.generic) else np.dtype(given)).str, 0, True


def _type(kind: Kind) -> Any:
    """Numba's type for a kind of arguments."""
    from numba import types
    from numba.np.numpy_support import from_dtype

    code, dimensions, packed = kind
    scalar = from_dtype(np.dtype(code))
    return types.Array(scalar, dimensions, "C" if packed else "A") if dimensions else scalar


def _passed(kind: Kind) -> str:
    """How an argument is passed: P for an address, q for 64 bits, ? for a truth value."""
    code, dimensions, _ = kind
    if dimensions:
        return "PPqqP" + "q" * 2 * dimensions
    return "?" if code == "|b1" else "q"


_FIELDS = {"P": ctypes.c_void_p, "q": ctypes.c_int64, "?": ctypes.c_bool}
_SHOWN = {"ptr": "P", "i64": "q", "i8": "?"}  # in LLVM
_RESULTS: list[tuple[str, Any]] = [  # as Numba calls them, and what they are held in
    ("int64", ctypes.c_int64),
    ("uint64", ctypes.c_uint64),
    ("bool", ctypes.c_bool),
    ("none", ctypes.c_void_p),
]


class Code:
    """The machine code of a function for some kinds of arguments."""

    def __init__(self, function: Callable[..., Any], age: str, kinds: tuple[Kind, ...]) -> None:
        self._function, self._kinds = function, kinds
        self._passed = "PP" + "".join(map(_passed, kinds))
        self.name = f"{_named(function)} {kinds} {age}"
        key = f"{self.name} {_versions()}"
        self._code = MachineCode(
            self._text, key=key, folder="driver", improves=True, optimised=True
        )
        self._type = ctypes.CFUNCTYPE(ctypes.c_int32, *(_FIELDS[p] for p in self._passed))
        self._call = self._callable()
        result = ctypes.CFUNCTYPE(ctypes.c_int32)(self._code.address("result"))
        self._result = _RESULTS[result()][1]

    def _callable(self) -> Any:
        return self._type(self._code.address(self._function.__name__))

    def __call__(self, arguments: tuple[Any, ...]) -> Any:
        result, exception = self._result(), ctypes.c_void_p()
        flat: list[Any] = []
        items = 0
        for a in arguments:
            if isinstance(a, np.ndarray):
                items += a.size
                flat += [None, None, a.size, a.itemsize, a.ctypes.data, *a.shape, *a.strides]
            else:
                flat.append(int(a))
        if items >= MANY and self._code.improve():
            self._call = self._callable()
        if self._call(ctypes.byref(result), ctypes.byref(exception), *flat):
            raise RuntimeError(f"{self._function.__qualname__} raised an exception")
        return result.value

    def _text(self) -> str:
        """LLVM code with a function of this name, and one that says what it gives."""
        return prepared(self.name) or self.compiled()

    def compiled(self) -> str:
        """That code, made by Numba."""
        made, name = _jit(self._function), self._function.__name__
        signature = tuple(map(_type, self._kinds))
        made.compile(signature)
        mangled = made.overloads[signature].fndesc.llvm_func_name
        text: str = made.inspect_llvm(signature).replace(mangled, name)
        module = llvm.parse_assembly(text)
        foreign = [f.name for f in module.functions if f.is_declaration and "llvm." not in f.name]
        assert not foreign, f"{name} calls {foreign}"
        passed = "".join(_SHOWN[str(a.type)] for a in module.get_function(name).arguments)
        assert passed == self._passed, f"{name} is called otherwise"
        result = str(made.overloads[signature].signature.return_type)
        code = [known for known, _ in _RESULTS].index(result)
        return f"{text}\ndefine i32 @result() {{ ret i32 {code} }}\n"


@cache
def _versions() -> str:
    """Of all that Numba's code depends on."""
    spec = find_spec("numba")
    assert spec is not None and spec.origin is not None
    numba = Path(spec.origin).with_name("_version.py").read_text(encoding="utf-8")
    return f"{sys.version} {np.__version__} {numba}"
