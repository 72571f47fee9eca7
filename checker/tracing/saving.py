"""Writing traces so that their protocol is found again from any working directory."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from quorate.checker.lazily import lazily
from quorate.checker.user_file import is_file_name

from .explaining import Explaining

if TYPE_CHECKING:
    from quorate import traces
    from quorate.traces import Trace
else:
    traces = lazily("quorate.traces")


def save_trace(trace: Trace, path: Path) -> None:
    """Write `trace` to `path`. Its protocol's file is named relative to the folder of `path`.

    So both can be moved together, for example in a repository. If they have only the root in
    common, the name is absolute. Raises TraceError.
    """
    traces.write_itf(replace(trace, protocol=_from(trace.protocol, path.parent)), path)


def kept(trace: Trace | None, path: Path | None, explaining: Explaining) -> Path | None:
    """The file that the trace was written to; None if there is none, or writing failed."""
    if trace is None or path is None:
        return None

    def write() -> Path:
        save_trace(trace, path)
        return path

    return explaining.part("the trace's file", write, None)


def _from(name: str, folder: Path) -> str:
    place, colon, wanted = name.partition(":")
    if not is_file_name(place):
        return name
    target, start = Path(place).resolve(), folder.resolve()
    common = os.path.commonpath([target, start])
    near = target if common == target.anchor else Path(os.path.relpath(target, start))
    return f"{near.as_posix()}{colon}{wanted}"
