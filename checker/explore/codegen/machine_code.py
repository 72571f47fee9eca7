"""Machine code in this process: compile an LLVM module once, keep it on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import llvmlite
from llvmlite import binding as llvm

from .cache import keep, kept, name_of

if TYPE_CHECKING:
    from llvmlite import ir

_ready = False

# Part of the name of all machine code that is kept: count up when `_compile` changes.
COMPILATION = 3

LARGE = 4_000_000  # characters


def _initialise() -> None:
    global _ready
    if not _ready:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        _ready = True


class MachineCode:
    """Compiled functions of one module, by name; keep it alive while their addresses are used.

    Code is cached under the hash of the module's text. With a `key`, which contains everything that
    the text depends on, `module` is a function that is called only if the code is not cached. With
    `quick`, and for very much code, instruction selection takes a tenth of the time and the code
    has half the speed.
    """

    def __init__(
        self,
        module: ir.Module | str | Callable[[], ir.Module | str],
        quick: bool = False,
        key: str | None = None,
        folder: str = "kernels",
    ) -> None:
        _initialise()
        self._module, self._quick = module, quick
        self._cpu, self._features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        how = f"{COMPILATION} {quick} {llvmlite.__version__} {self._cpu} {self._features}"
        self._name = f"{folder}/{name_of(how, self.text if key is None else f'key {key}')}.o"
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._target(2))
        code = kept(self._name)
        if code is None:
            code = self._compile(self.text)
            keep(self._name, code)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    @cached_property
    def text(self) -> str:
        """The module as text."""
        return str(self._module() if callable(self._module) else self._module)

    def _compile(self, text: str) -> bytes:
        # The code is straight and folded already: LLVM's passes would make it 4% faster and
        # compiling it 2.5 times slower. Selecting instructions well is enough.
        module = llvm.parse_assembly(text)
        module.verify()
        opt = 0 if self._quick or len(text) > LARGE else 2
        code: bytes = self._target(opt).emit_object(module)
        return code

    def _target(self, opt: int) -> llvm.TargetMachine:
        target = llvm.Target.from_default_triple()
        return target.create_target_machine(self._cpu, self._features, opt=opt, jit=True)

    def address(self, name: str) -> int:
        """The address of a compiled function."""
        return int(self._engine.get_function_address(name))
