"""Files of an earlier revision of the user's repository: `git:REV:path.py`."""

from __future__ import annotations

import atexit
import io
import posixpath
import shutil
import subprocess
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path, PurePosixPath

from .errors import InputError


def file_at(revision: str, path: str) -> Path:
    """A file as it was at a revision, in a folder with its siblings of that time.

    The path is relative to the working directory, as for `git show REV:./path.py`. The folder
    lasts as long as the process. Raises InputError.
    """
    if not revision or not path:
        raise InputError("expected git:REVISION:path.py:Class, as in git:HEAD~1:my.py:My")
    folder = _folder(revision, str(PurePosixPath(path).parent), Path.cwd())
    found = folder / PurePosixPath(path).name
    if not found.is_file():
        raise InputError(f"git:{revision}:{path}: no such file at that revision")
    return found


@lru_cache(maxsize=16)
def _folder(revision: str, path: str, here: Path) -> Path:
    """A folder as it was at a revision, by its path from `here`, below a name that says which.

    `git archive` runs at the top, since in a subdirectory it takes every tree for the top's.
    """
    commit = _object(f"{revision}^{{commit}}", f"{revision}: no such revision", here, "--short")
    missing = f"git:{revision}:{path}: no such folder at that revision"
    place = _git("rev-parse", "--show-toplevel", "--show-prefix", at=here).decode()
    top, prefix = place.splitlines()
    whole = posixpath.normpath(posixpath.join(prefix, path))
    tree = _object(f"{commit}:{'' if whole == '.' else whole}", missing, here)
    archive = _git("archive", "--format=tar", tree, at=Path(top))
    made = Path(tempfile.mkdtemp(prefix="quorate-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    folder = made / commit
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def _object(name: str, missing: str, here: Path, *options: str) -> str:
    """The hash of an object of the repository. Raises InputError, `missing` if there is none."""
    asked = ("rev-parse", *options, "--verify", "--quiet", "--end-of-options", name)
    return _git(*asked, at=here, silent=missing).decode().strip()


def _git(*arguments: str, at: Path, silent: str = "failed") -> bytes:
    """What git prints, asked in a folder; `silent` is the error if it fails without a word."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True, cwd=at)
    except FileNotFoundError:
        raise InputError("git is not installed: give files instead of revisions") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        asked = f"git {arguments[0]} {arguments[-1]}"
        raise InputError(f"{asked}: {said[-1]}" if said else silent) from None
    return done.stdout
