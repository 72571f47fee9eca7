"""Each defect of the bundled implementations is found from the model alone, without its name."""

from __future__ import annotations

import pytest

from ...support.unnamed import DEFECTS, FOUND, Unnamed, driven

LONG = pytest.mark.exhaustive
EACH = [
    pytest.param(name, found, id=f"{system}-{name}", marks=[] if found.daily else [LONG])
    for system, names in FOUND.items()
    for name, found in names.items()
]


@pytest.mark.parametrize(("name", "found"), EACH)
def test_a_defect_is_found_from_the_model_alone(name: str, found: Unnamed) -> None:
    differs = driven(found.model, found.bounds, variant=name)
    assert f". {found.difference}: " in str(differs)


@pytest.mark.parametrize("system", DEFECTS)
def test_no_defect_is_left_out(system: str) -> None:
    assert set(FOUND[system]) == DEFECTS[system]
