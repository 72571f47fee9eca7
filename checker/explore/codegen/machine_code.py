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
COMPILATION = 4

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
    has half the speed. What `improves` is compiled so at first, and well when `improve` is called;
    code that was compiled well before is taken from the cache.
    """

    def __init__(
        self,
        module: ir.Module | str | Callable[[], ir.Module | str],
        quick: bool = False,
        key: str | None = None,
        folder: str = "kernels",
        improves: bool = False,
    ) -> None:
        _initialise()
        self._module, self._key, self._folder = module, key, folder
        self._cpu, self._features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        code, self._rough = kept(self._file(quick)), False
        if code is None and improves:
            code, self._rough = kept(self._file(True)), True
        if code is None:
            self._rough = improves and len(self.text) <= LARGE
            code = self._compiled(quick or self._rough)
        self._engines = [self._loaded(code)]

    @cached_property
    def text(self) -> str:
        """The module as text."""
        return str(self._module() if callable(self._module) else self._module)

    def improve(self) -> bool:
        """Compile well what was compiled quickly at first: then addresses are others.

        Those given before stay valid.
        """
        improves, self._rough = self._rough, False
        if improves:
            self._engines.append(self._loaded(self._compiled(False)))
        return improves

    def address(self, name: str) -> int:
        """The address of a compiled function: of the best code that there is so far."""
        return int(self._engines[-1].get_function_address(name))

    def _file(self, quick: bool) -> str:
        """The name under which the code is cached."""
        how = f"{COMPILATION} {quick} {llvmlite.__version__} {self._cpu} {self._features}"
        what = self.text if self._key is None else f"key {self._key}"
        return f"{self._folder}/{name_of(how, what)}.o"

    def _compiled(self, quick: bool) -> bytes:
        code = self._compile(self.text, quick)
        keep(self._file(quick), code)
        return code

    def _compile(self, text: str, quick: bool) -> bytes:
        # The code is straight and folded already: LLVM's passes would make it 4% faster and
        # compiling it 2.5 times slower. Selecting instructions well is enough.
        module = llvm.parse_assembly(text)
        module.verify()
        opt = 0 if quick or len(text) > LARGE else 2
        code: bytes = self._target(opt).emit_object(module)
        return code

    def _loaded(self, code: bytes) -> llvm.ExecutionEngine:
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._target(2))
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    def _target(self, opt: int) -> llvm.TargetMachine:
        target = llvm.Target.from_default_triple()
        return target.create_target_machine(self._cpu, self._features, opt=opt, jit=True)
