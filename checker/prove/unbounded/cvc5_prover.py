"""A second prover: cvc5 is asked what Z3 leaves open, and whether it agrees with the rest.

It reads the same SMT-LIB text that `--smt2` writes and looks for instances of its own, by patterns
and by enumeration (Barbosa et al.: cvc5: A Versatile and Industrial-Strength SMT Solver, TACAS
2022). Only its `unsat` counts: that is a refutation of the obligation's negation, as Z3's is.
"""

from __future__ import annotations

import importlib.util

from quorate.checker.errors import InputError
from quorate.checker.smt.effort import CVC5_UNITS, backstop


def require_cvc5() -> None:
    """Raises InputError where cvc5 is not installed."""
    if importlib.util.find_spec("cvc5") is None:
        raise InputError("cvc5 is not installed: pip install 'quorate[cvc5]', or leave --cvc5 away")


def refuted(text: str, effort: float) -> bool:
    """Whether cvc5 refutes what an SMT-LIB file asserts, with so much effort (see effort.py)."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    for name, value in (
        ("rlimit-per", str(max(1, int(CVC5_UNITS * effort)))),
        ("tlimit-per", str(int(1000 * backstop(effort)))),
        ("enum-inst", "true"),
        ("produce-models", "false"),
    ):
        solver.setOption(name, value)
    solver.setLogic("ALL")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    answers = []
    while not (command := parser.nextCommand()).isNull():
        answers.append(str(command.invoke(solver, parser.getSymbolManager())).strip())
    return answers[-1:] == ["unsat"]
