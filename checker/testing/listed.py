"""A project's list of checks, each check as a test: what `quorate verify` runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quorate import QuorateError, UnmetError

if TYPE_CHECKING:
    from quorate.checker.project.listed import Project


class ListFile(pytest.File):
    """A quorate.toml, or a pyproject.toml with [[tool.quorate.check]]."""

    def collect(self) -> Iterator[ListedItem]:
        from quorate.checker.cli.failures import failure_of
        from quorate.checker.project.reading import read_project

        try:
            project = read_project(self.path)
        except QuorateError as error:
            raise self.CollectError(failure_of(error).text()) from error
        if not project.checks:
            raise self.CollectError(f"{self.path.name}: lists no check")
        for check in project.checks:
            alone = replace(project, checks=(check,))
            item = ListedItem.from_parent(self, name=check.name, project=alone)
            item.add_marker("quorate")
            yield item


class ListedItem(pytest.Item):
    """One check of the list, which has to be as the list says."""

    def __init__(self, *, project: Project, **given: Any) -> None:
        super().__init__(**given)
        self._project = project

    def runtest(self) -> None:
        from quorate._project import run_project

        result = run_project(self._project, cache=True, baseline=None, processes=1, report=None)
        if not result.holds:
            raise UnmetError(repr(result), result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What `quorate verify` says of it."""
        if excinfo.errisinstance(QuorateError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        line = self._project.checks[0].line
        return self.path, None if line is None else line - 1, self.name
