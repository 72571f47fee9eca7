"""Files that cannot be read or written, and files that are never half written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from quorate.traces import TraceError, read_itf, write_itf

from . import samples

WRITE = "expected a place where a trace can be written"
READ = "expected a trace file that can be read"


def reading(path: Path) -> str:
    with pytest.raises(TraceError) as raised:
        read_itf(path)
    return str(raised.value)


def writing(path: Path) -> str:
    with pytest.raises(TraceError) as raised:
        write_itf(samples.eight_steps(), path)
    return str(raised.value)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.itf.json"
    assert reading(missing) == f"{missing}: found no such file or folder, {READ}"
    assert reading(tmp_path) == f"{tmp_path}: found a folder, {READ}"


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs this as root may read everything: the refusal is played.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert reading(tmp_path / "run") == f"{tmp_path / 'run'}: found no permission, {READ}"
    assert writing(tmp_path / "run") == f"{tmp_path / 'run'}: found no permission, {WRITE}"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.itf.json"
    path.write_bytes(b" " * 2001)
    with pytest.raises(TraceError) as raised:
        read_itf(path, largest_bytes=2000)
    assert str(raised.value) == f"{path}: found a file of 2001 bytes, expected at most 2000"


def test_places_where_nothing_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "no" / "such" / "folder.itf.json"
    assert writing(path) == f"{path}: found no such file or folder, {WRITE}"
    assert writing(tmp_path) == f"{tmp_path}: found a folder, {WRITE}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.itf.json"
    write_itf(samples.forgotten_promise(), path)

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os if when == "fsync" else Path, when, fail)
    message = writing(path)
    monkeypatch.undo()
    reason = "an error of the system (No space left on device)"
    assert message == f"{path}: found {reason}, {WRITE}"
    assert read_itf(path) == samples.forgotten_promise()
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_itf(samples.eight_steps(), tmp_path / "run.itf.json")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    write_itf(samples.eight_steps(), tmp_path / "run")
    read_end, write_end = os.pipe()
    os.write(write_end, (tmp_path / "run").read_bytes())
    os.close(write_end)
    assert read_itf(f"/dev/fd/{read_end}") == samples.eight_steps()
    os.close(read_end)
