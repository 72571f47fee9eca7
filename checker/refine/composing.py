"""The abstract state after an abstract action, as expressions: for steps of several actions.

The state after an action is an image, like that of a mapping, over the state before it. The guards
and effects of a second action are read through the image of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, conjunction
from quorate.model.language.ir.surface import ListType

from .rewriting import Env, Image, Rewriting


def after(images: Mapping[str, Image], action: c.Action, terms: Env) -> dict[str, Image]:
    """The images after an action with these terms as arguments, in terms of the images before.

    Raises UnsupportedError.
    """
    before, found = Rewriting(images), dict(images)
    for e in action.effects:
        old = found[e.variable]
        if isinstance(e, c.Receive):
            raise UnsupportedError("messages that are gone once they are delivered", e.span)
        if isinstance(e, c.Send):
            sent = c.SetComp(
                binders=e.binders,
                condition=e.when,
                element=e.message,
                type=ListType(e.message.type),
            )
            found[e.variable] = replace(old, parts=(*old.parts, before.expr(sent, terms)))
        else:
            found[e.variable] = _written(e, old, before, terms)
    return found


def _written(e: c.Write, old: Image, before: Rewriting, terms: Env) -> Image:
    unbound = {b.var.name: b for b in e.binders}
    env, elsewhere = dict(terms), []
    for key, asked in zip(e.keys, old.keys, strict=True):
        if isinstance(key, c.Var) and key.name in unbound:
            if not isinstance(unbound.pop(key.name).domain, c.OverType):
                raise UnsupportedError("this loop of an abstract action", e.span)
            env[key.name] = asked
        else:
            elsewhere.append((key, asked))
    if unbound:
        raise UnsupportedError("a loop of an abstract action that writes a cell twice", e.span)
    here = [before.equal(before.expr(key, env), asked) for key, asked in elsewhere]
    reached = conjunction([*here, before.expr(e.when, env)])
    new = before.expr(e.value, env)
    assert old.value is not None
    if reached != TRUE:
        new = c.Ite(test=reached, then=new, orelse=old.value, type=e.value.type)
    return replace(old, value=new)
