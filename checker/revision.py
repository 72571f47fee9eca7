"""Files of an earlier revision of the user's repository: `git:REV:path.py`."""

from __future__ import annotations

import atexit
import io
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
    folder = _folder(revision, str(PurePosixPath(path).parent))
    found = folder / PurePosixPath(path).name
    if not found.is_file():
        raise InputError(f"git:{revision}:{path}: no such file at that revision")
    return found


@lru_cache(maxsize=16)
def _folder(revision: str, path: str) -> Path:
    """A folder of the repository as it was at a revision, below a name that says which."""
    found = _git("rev-parse", "--short", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    commit = found.decode().strip()
    archive = _git("archive", "--format=tar", f"{commit}:./{path}")
    place = Path(tempfile.mkdtemp(prefix="quorate-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = place / commit
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True)
    except FileNotFoundError:
        raise InputError("git is not installed: give files instead of revisions") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        asked = f"git {arguments[0]} {arguments[-1]}"
        raise InputError(f"{asked}: {said[-1] if said else 'failed'}") from None
    return done.stdout
