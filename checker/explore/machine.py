"""Machine code in this process: compile an LLVM module once, keep it on disk by its hash."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import llvmlite
from llvmlite import binding as llvm
from llvmlite import ir

_ready = False

# Part of the name of every cached kernel: count up when `_compile` changes.
COMPILATION = 2

LARGE = 4_000_000  # characters


def _initialise() -> None:
    global _ready
    if not _ready:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        _ready = True


def cache_directory() -> Path:
    """Where compiled kernels are kept: $QUORATE_CACHE, else the user's cache folder."""
    given = os.environ.get("QUORATE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(base) / "quorate"


class Machine:
    """Compiled functions of one module, by name; keep it alive while their addresses are used.

    With `quick`, and where there is very much code, instructions are selected in a tenth of the
    time, and are half as fast.
    """

    def __init__(self, module: ir.Module | str, quick: bool = False) -> None:
        _initialise()
        target = llvm.Target.from_default_triple()
        features = llvm.get_host_cpu_features().flatten()
        cpu = llvm.get_host_cpu_name()
        self.text = text = str(module)
        opt = 0 if quick or len(text) > LARGE else 2
        self._target = target.create_target_machine(cpu=cpu, features=features, opt=opt, jit=True)
        version = f"{COMPILATION} {opt} {llvmlite.__version__} {cpu} {features}"
        digest = hashlib.sha256(f"{version} {text}".encode())
        self._path = cache_directory() / "kernels" / f"{digest.hexdigest()[:32]}.o"
        backing = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(backing, self._target)
        compiled = self._load() or self._compile(text)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(compiled))
        self._engine.finalize_object()

    def _load(self) -> bytes | None:
        """The object file from the cache: a checksum first, so that a torn file is not run."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        code, checksum = data[:-32], data[-32:]
        return code if hashlib.sha256(code).digest() == checksum else None

    def _compile(self, text: str) -> bytes:
        # The code is straight and folded already: LLVM's passes would make it 4% faster and
        # compiling it 2.5 times slower. Selecting instructions well is enough.
        module = llvm.parse_assembly(text)
        module.verify()
        code: bytes = self._target.emit_object(module)
        self._save(code)
        return code

    def _save(self, code: bytes) -> None:
        """Atomic, so that concurrent runs never see half a file; a full disk only costs time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(code + hashlib.sha256(code).digest())
            Path(name).replace(self._path)
        except OSError:
            return

    def address(self, name: str) -> int:
        """The address of a compiled function."""
        return int(self._engine.get_function_address(name))
