"""What pytest calls. It imports nothing that a run without protocols does not need.

Which protocols are tests is said by `quorate_files` in pytest's configuration, and `--quorate`.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .items import ProtocolFile
    from .listed import ListFile
    from .specs import ProtocolSpec

ASKED = pytest.StashKey[dict[Path, list["ProtocolSpec"]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    said = "protocols whose properties are tests: path.py, path.py::Class[3,2], module:Class[3,2]"
    parser.addini("quorate_files", said, type="linelist", default=[])
    parser.getgroup("quorate").addoption(
        "--quorate", action="append", default=[], metavar="PROTOCOL", help=f"More {said}."
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quorate: properties of protocols, checked by Quorate")
    always = config.getoption("quorate")
    listed = config.getini("quorate_files")
    asked: dict[Path, list[ProtocolSpec]] = {}
    config.stash[ASKED] = asked
    if not (always or listed):
        return
    from .specs import read_specs

    here = config.inipath.parent if config.inipath is not None else config.rootpath
    chosen = config.args_source is config.ArgsSource.ARGS  # whoever names files wants no others
    for texts, folder, unasked in (
        (listed, here, not chosen),
        (always, config.invocation_params.dir, True),
    ):
        for spec in read_specs(texts, folder):
            if unasked and not _collected(spec.file, config):
                config.args.append(str(spec.file))
            if _collected(spec.file, config):
                asked.setdefault(spec.file, []).append(spec)


def _collected(file: Path, config: pytest.Config) -> bool:
    """Whether pytest comes to the file by the arguments that it has."""
    places = (config.invocation_params.dir / a.partition("::")[0] for a in config.args)
    return any(file.is_relative_to(place.resolve()) for place in places)


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> ProtocolFile | ListFile | None:
    asked = parent.config.stash[ASKED].get(file_path)
    if asked is None:
        return None
    if file_path.suffix == ".toml":
        from .listed import ListFile

        return ListFile.from_parent(parent, path=file_path)
    from .items import ProtocolFile

    return ProtocolFile.from_parent(parent, path=file_path, specs=asked)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of `quorate.assert_holds` and its like: where it stands, and the counterexample."""
    report = yield
    asserting = isinstance(item, pytest.Function) and "quorate._asserting" in sys.modules
    if asserting and call.excinfo is not None:
        from quorate import UnmetError

        if call.excinfo.errisinstance(UnmetError):
            entry = call.excinfo.traceback.filter(call.excinfo)[-1]
            place = f"{entry.path}:{entry.lineno + 1}: {str(entry.statement).strip()}"
            report.longrepr = f"{place}\n\n{call.excinfo.value}"
    return report
