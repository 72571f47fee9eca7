"""Machine code in this process: compile an LLVM module once, keep it on disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite
from llvmlite import binding as llvm

from .cache import keep, kept, name_of

if TYPE_CHECKING:
    from .assembly import Module

# Part of the name of all machine code that is kept: count up when `_compile` changes.
COMPILATION = 5

LARGE = 8_000_000  # characters

MAPPINGS = 16  # of memory, more than the sections of one module take


class Tier(IntEnum):
    """How code is compiled: what takes longer is faster."""

    FIRST = 0
    QUICK = 1
    WELL = 2


@cache
def _machine() -> tuple[str, str]:
    """The kind of processor here and its features; makes LLVM ready to compile for it."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


class MachineCode:
    """Compiled functions of one module, by name; keep it alive while their addresses are used.

    Code is cached under the hash of the module's text. With a `key`, which contains everything that
    the text depends on, `module` is a function that is called only if the code is not cached. With
    `quick`, and for very much code, LLVM's passes are left out and instruction selection takes a
    tenth of the time; the code has a third to a half of the speed. What `improves` is compiled so
    at first, and well when `improve` is called; the best code that was compiled before is taken
    from the cache. `first` is another module that does the same, and takes less to make and to
    compile: then that comes before both. The passes are left out, too, of what is `optimised`
    already. Raises MemoryError if the process may map no more memory.
    """

    def __init__(
        self,
        module: Module | str | Callable[[], Module | str],
        quick: bool = False,
        key: str | None = None,
        folder: str = "kernels",
        improves: bool = False,
        optimised: bool = False,
        first: Callable[[], Module | str] | None = None,
    ) -> None:
        self._optimised, self._first = optimised, first
        self._module, self._key, self._folder = module, key, folder
        self._tiers = [Tier.QUICK] if quick else [Tier.WELL]
        if improves:
            self._tiers = [Tier.QUICK, Tier.WELL]
        if first is not None:
            self._tiers = [Tier.FIRST, *self._tiers]
        self._tier = self._tiers[0]
        self._engines = [self._loaded(self._best() or self._compiled(self._tiers[0]))]

    @cached_property
    def text(self) -> str:
        """The module as text."""
        return str(self._module() if callable(self._module) else self._module)

    @property
    def tier(self) -> Tier:
        """How the code is compiled so far."""
        return self._tier

    def improve(self, tier: Tier = Tier.WELL) -> bool:
        """Compile as well as that, if it was not yet: then addresses are others.

        Those given before stay valid.
        """
        improves = self._tier < tier and tier in self._tiers
        if improves:
            self._engines.append(self._loaded(self._compiled(tier)))
        return improves

    def address(self, name: str) -> int:
        """The address of a compiled function: of the best code that there is so far."""
        found = int(self._engines[-1].get_function_address(name))
        assert found, f"there is no function {name}"
        return found

    def _file(self, tier: Tier) -> str:
        """The name under which the code is cached."""
        how = f"{COMPILATION} {tier.name} {llvmlite.__version__} {' '.join(_machine())}"
        what = self._text(tier) if self._key is None else f"key {self._key}"
        return f"{self._folder}/{name_of(how, what)}.o"

    def _text(self, tier: Tier) -> str:
        return str(self._first()) if tier is Tier.FIRST and self._first else self.text

    def _best(self) -> bytes | None:
        """The best code that was compiled before, if there is any."""
        for tier in reversed(self._tiers):
            if (code := kept(self._file(tier))) is not None:
                self._tier = tier
                return code
        return None

    def _compiled(self, tier: Tier) -> bytes:
        text = self._text(tier)
        if Tier.WELL in self._tiers and tier is Tier.QUICK and len(text) > LARGE:
            tier = Tier.WELL  # no more is ever done for it
        self._tier = tier
        code = self._compile(text, tier is not Tier.WELL)
        keep(self._file(tier), code)
        return code

    def _compile(self, text: str, quick: bool) -> bytes:
        module = llvm.parse_assembly(text)
        module.verify()
        quick = quick or len(text) > LARGE
        target = self._target(0 if quick else 2)
        if not quick and not self._optimised:
            _optimise(module, target)
        code: bytes = target.emit_object(module)
        return code

    def _loaded(self, code: bytes) -> llvm.ExecutionEngine:
        _need_mappings()
        nothing = llvm.parse_assembly("")
        engine = llvm.create_mcjit_compiler(nothing, self._target(2))
        engine.remove_module(nothing)  # it would be compiled, which takes longer than the rest
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    def _target(self, opt: int) -> llvm.TargetMachine:
        target = llvm.Target.from_default_triple()
        return target.create_target_machine(*_machine(), opt=opt, jit=True)


def _need_mappings() -> None:
    """Raise MemoryError if this process has as many mappings of memory as it may.

    LLVM makes code executable by a mapping of its own, and does not notice when the system refuses.
    Then the first call of the code would crash.
    """
    with suppress(OSError):  # only Linux says how many there are
        most = int(Path("/proc/sys/vm/max_map_count").read_bytes())
        mapped = Path("/proc/self/maps").read_bytes().count(b"\n")
        if mapped + MAPPINGS > most:
            raise MemoryError(
                f"no room for compiled code: this process has {mapped:,} mappings of memory, of "
                f"the {most:,} that vm.max_map_count allows"
            )


def _optimise(module: Any, target: llvm.TargetMachine) -> None:
    """Run LLVM's usual passes: guards share what they compute, and only what is needed is.

    Of the bundled protocols, these make the successors of those on Raft's log and of Viewstamped
    Replication in half the time, and those of Paxos, which are masks, in the same time.
    """
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_unrolling = False  # its few loops go round as often as there are successors
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(module, passes)
