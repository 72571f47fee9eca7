"""Numba intrinsics for what Python cannot express: calling functions by address, prefetching,
words that are not aligned, counting bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

_INT = ir.IntType(64)


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """What Numba calls so, with a type."""
    made: Callable[..., Any] = extending.intrinsic(function)
    return made


def _call(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Call a function with pointers: args are its address, then arrays and indices by turns."""
    address, *rest = args
    pairs = zip(signature.args[1::2], rest[0::2], rest[1::2], strict=True)
    pointers = [element(context, builder, t, array, index) for t, array, index in pairs]
    function = ir.FunctionType(_INT, [p.type for p in pointers])
    return builder.call(builder.inttoptr(address, function.as_pointer()), pointers)


def element(context: Any, builder: Any, t: Any, array: Any, index: Any) -> Any:
    """The address of array[index]."""
    data = context.make_array(t)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def call_successors(
    context: Any,
    address: Any,
    state: Any,
    at: Any,
    out: Any,
    into: Any,
    labels: Any,
    label: Any,
    fired: Any,
    first: Any,
) -> Any:
    """Call a `successors` function by its address."""
    return types.int64(address, state, at, out, into, labels, label, fired, first), _call


def _call_from(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Call a function on word `at` of what is at an address, then arrays and indices by turns."""
    address, base, at, *rest = args
    start = builder.inttoptr(base, _INT.as_pointer())
    pointers = [builder.gep(start, [at], source_etype=_INT)]
    pairs = zip(signature.args[3::2], rest[0::2], rest[1::2], strict=True)
    pointers += [element(context, builder, t, array, index) for t, array, index in pairs]
    function = ir.FunctionType(_INT, [p.type for p in pointers])
    return builder.call(builder.inttoptr(address, function.as_pointer()), pointers)


@intrinsic
def call_successors_from(
    context: Any,
    address: Any,
    base: Any,
    at: Any,
    out: Any,
    into: Any,
    labels: Any,
    label: Any,
    fired: Any,
    first: Any,
) -> Any:
    """Call a `successors` function on word `at` of the states at an address in memory."""
    return types.int64(address, base, at, out, into, labels, label, fired, first), _call_from


@intrinsic
def call_blocked_from(
    context: Any, address: Any, base: Any, at: Any, counts: Any, first: Any
) -> Any:
    """Call a `blocked` function on word `at` of the states at an address in memory."""
    return types.int64(address, base, at, counts, first), _call_from


@intrinsic
def call_check(context: Any, address: Any, state: Any, at: Any, labels: Any, label: Any) -> Any:
    """Call a `check` function by its address."""
    return types.int64(address, state, at, labels, label), _call


@intrinsic
def call_blocked(context: Any, address: Any, state: Any, at: Any, counts: Any, first: Any) -> Any:
    """Call a `blocked` function by its address."""
    return types.int64(address, state, at, counts, first), _call


@intrinsic
def prefetch(context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of array[index]."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = element(context, builder, signature.args[0], *args)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        function: Any = cgutils
        function = function.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        flags = [ir.Constant(ir.IntType(32), n) for n in (0, 3, 1)]
        builder.call(function, [builder.bitcast(at, byte), *flags])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def load_word(context: Any, data: Any, at: Any) -> Any:
    """The eight bytes from data[at], which need not be aligned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = element(context, builder, signature.args[0], *args)
        return builder.load(builder.bitcast(place, _INT.as_pointer()), align=1)

    return types.uint64(data, at), generate


@intrinsic
def store_word(context: Any, data: Any, at: Any, word: Any) -> Any:
    """Store eight bytes at data[at], which need not be aligned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = element(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(place, _INT.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(data, at, types.uint64), generate


@intrinsic
def leading_zeros(context: Any, word: Any) -> Any:
    """How many of the highest bits are 0; 64 for 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate
