"""The README's blocks of Python run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import quorate.traces


def test_the_readme_runs() -> None:
    path = Path(quorate.traces.__file__).with_name("README.md")
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(path), "exec"), namespace)
    assert len(blocks) >= 4
