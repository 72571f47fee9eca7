"""`quorate doctor`: whether what Quorate needs is here, and what more it could use."""

from __future__ import annotations

import click

from .console import print_document
from .exit_codes import USAGE
from .options import ascii_option, json_option

MARKS = {"good": "ok", "absent": "", "bad": "bad"}


@click.command("doctor")
@json_option
@ascii_option
def command(as_json: bool) -> int:
    """Look at what Quorate needs: Python, packages, cache, other tools, terminal, machine.

    What is marked as wrong is needed, and exits with 2. What is only not there is of use to some.
    """
    from quorate.checker.environment import FactStanding, facts
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.words import count

    found = list(facts())
    wrong = [fact for fact in found if fact.standing is FactStanding.BAD]
    code = USAGE if wrong else 0
    if as_json:
        listed = [{"name": f.name, "standing": f.standing.value, "said": f.said} for f in found]
        print_document(envelope("doctor", code, {"facts": listed}))
        return code
    out = Output()
    wide = max(len(fact.name) for fact in found)
    for fact in found:
        out.line(f"{fact.name:{wide}}  {fact.said}", MARKS[fact.standing.value])
    out.line()
    if wrong:
        does = "needed does" if len(wrong) == 1 else "needed do"
        out.line(f"{count(len(wrong), 'thing')} {does} not work", "bad")
    else:
        out.line("all that is needed is here", "ok")
    return code
