"""Finding the mapping of a log: a bundled format by name, or `path.py:Class`, `module:Class`."""

from __future__ import annotations

import difflib
import inspect
from typing import cast

from quorate.checker.errors import InputError
from quorate.checker.user_file import module_at

from .cluster import ClusterLog
from .etcd import EtcdRaftLog
from .line import LogMapping

FORMATS: dict[str, type[LogMapping]] = {"cluster": ClusterLog, "etcd-raft": EtcdRaftLog}
"""The bundled mappings by the names of the formats that they read."""


def load_mapping(name: str) -> LogMapping:
    """A new mapping of the class that a name stands for. Raises InputError."""
    if name in FORMATS:
        return FORMATS[name]()
    place, _, wanted = name.partition(":")
    formats = f"or one of {', '.join(FORMATS)}" if FORMATS else ""
    missing = f"{name}: no such mapping; expected path.py:Class, module:Class {formats}".rstrip()
    module = module_at(place, "a mapping", missing)
    classes = {n: x for n, x in vars(module).items() if inspect.isclass(x)}
    if not wanted:
        raise InputError(f"{name}: say which class is the mapping, {place}:Class")
    if wanted not in classes:
        near = difflib.get_close_matches(wanted, classes, 1)
        raise InputError(
            f"{place}: no class {wanted}{f'; did you mean {near[0]}?' if near else ''}"
        )
    cls = classes[wanted]
    lacking = [m for m in ("start", "read") if not callable(getattr(cls, m, None))]
    if lacking:
        raise InputError(f"{place}: the mapping {wanted} has no {', '.join(lacking)}")
    try:
        return cast(LogMapping, cls())
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}"
        raise InputError(f"{place}: {wanted}(): {said} (it is made without arguments)") from error
