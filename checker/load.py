"""Finding protocols by name: `path.py:Class`, `package.module:Class`, or without `:Class`."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import linecache
import sys
import traceback
from pathlib import Path
from types import ModuleType

from quorate.model.language import Protocol
from quorate.model.language.lower import describe

from .errors import InputError

BUNDLED = {
    "Paxos": "quorate.model.paxos:Paxos",
    "PaxosRoles": "quorate.model.paxos_roles:PaxosRoles",
    "TwoPhaseCommit": "quorate.model.two_phase_commit:TwoPhaseCommit",
    "MultiPaxos": "quorate.model.multipaxos:MultiPaxos",
    "Raft": "quorate.model.raft:Raft",
    "RaftElection": "quorate.model.raft_election:RaftElection",
    "FlexiblePaxos": "quorate.model.flexible_paxos:FlexiblePaxos",
    "GridPaxos": "quorate.model.quorum_paxos:GridPaxos",
    "WeightedPaxos": "quorate.model.quorum_paxos:WeightedPaxos",
    "JointPaxos": "quorate.model.quorum_paxos:JointPaxos",
    "Voting": "quorate.model.voting:Voting",
    "Consensus": "quorate.model.consensus:Consensus",
    "ProvedPaxosRoles": "quorate.model.proofs:ProvedPaxosRoles",
    "ProvedMultiPaxos": "quorate.model.proofs:ProvedMultiPaxos",
    "ProvedRaftElection": "quorate.model.raft_proof:ProvedRaftElection",
    "ProvedRaftLogs": "quorate.model.raft_log_proof:ProvedRaftLogs",
    "ProvedRaft": "quorate.model.raft_commit_proof:ProvedRaft",
    "ProvedTwoPhaseCommit": "quorate.model.two_phase_commit_proof:ProvedTwoPhaseCommit",
}


def load_protocol(name: str) -> type[Protocol]:
    """The protocol class that a name stands for, read. Raises InputError, ModelError.

    A bundled protocol may be given by its class name alone. Mistakes of the model come before
    whatever else may be wrong with what is asked of it, such as its sizes.
    """
    found = _class_in(*load_module(name))
    describe(found)
    return found


def load_module(name: str) -> tuple[ModuleType, str, str]:
    """The module that a name stands for, the class in it ("" if none is named), and its place."""
    place, _, wanted = BUNDLED.get(name, name).partition(":")
    if "/" in place or "\\" in place or place.endswith(".py"):
        module = _from_file(Path(place))
    else:
        module = _from_module(place, name)
    return module, wanted, place


def name_of(protocol: type[Protocol]) -> str:
    """How `load_protocol` finds a class again."""
    module = sys.modules[protocol.__module__]
    file = getattr(module, "__file__", None)
    if getattr(module, "__spec__", None) is None and file:
        return f"{file}:{protocol.__qualname__}"
    return f"{protocol.__module__}:{protocol.__qualname__}"


def _from_file(path: Path) -> ModuleType:
    if path.is_dir():
        raise InputError(f"{path}: is a directory, expected a Python file with a protocol")
    if not path.is_file():
        near = difflib.get_close_matches(path.name, [p.name for p in _siblings(path)], 1)
        hint = f"; did you mean {path.with_name(near[0])}?" if near else ""
        raise InputError(f"{path}: no such file{hint}")
    resolved = path.resolve()
    name = f"quorate_user_{hashlib.sha256(str(resolved).encode()).hexdigest()[:12]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(resolved.parent))
    try:
        # By the path as given, so that diagnostics and traces show what the user typed.
        source = path.read_bytes()
        code = compile(source, str(path), "exec")
        # The source that is run is the one that is read, whatever becomes of the file.
        lines = importlib.util.decode_source(source).splitlines(keepends=True)
        linecache.cache[str(path)] = (len(source), None, lines, str(path))
        exec(code, vars(module))
    except BaseException as error:
        sys.modules.pop(name, None)
        raise _broken(str(path), error) from error
    finally:
        sys.path.remove(str(resolved.parent))
    return module


def _siblings(path: Path) -> list[Path]:
    try:
        return list(path.parent.glob("*.py"))
    except OSError:
        return []


def _from_module(place: str, given: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{place}.".startswith(f"{error.name}."):
            raise _broken(place, error) from error
        near = difflib.get_close_matches(given, BUNDLED, 1)
        hint = f"did you mean {near[0]}?" if near else f"bundled: {', '.join(BUNDLED)}"
        raise InputError(
            f"{given}: no such protocol; expected path.py:Class, module:Class or a bundled name "
            f"({hint})"
        ) from None
    except BaseException as error:
        raise _broken(place, error) from error


def _broken(place: str, error: BaseException) -> BaseException:
    """An error while a user's file was read, as one line with its place."""
    if isinstance(error, KeyboardInterrupt):
        return error
    if isinstance(error, SyntaxError):
        return InputError(f"{error.filename}:{error.lineno}:{error.offset}: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    last = next((f for f in reversed(frames) if "importlib" not in f.filename), None)
    where = f"{last.filename}:{last.lineno}" if last else place
    return InputError(f"{where}: {type(error).__name__} while the file was read: {error}")


def _class_in(module: ModuleType, wanted: str, place: str) -> type[Protocol]:
    found = {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Protocol) and value is not Protocol
    }
    own = {n: v for n, v in found.items() if v.__module__ == module.__name__}
    if not wanted:
        if len(own) == 1:
            return next(iter(own.values()))
        listed = ", ".join(own) or "none"
        raise InputError(f"{place}: say which protocol, {place}:Class (it has {listed})")
    if wanted in found:
        return found[wanted]
    if inspect.isclass(other := getattr(module, wanted, None)):
        raise InputError(f"{place}: {wanted} is a {other.__mro__[1].__name__}, not a Protocol")
    near = difflib.get_close_matches(wanted, found, 1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(found) or 'no protocol'}"
    raise InputError(f"{place}: no protocol {wanted}; {hint}")
