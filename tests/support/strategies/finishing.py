"""What is declared another way once a generated protocol is written: its text is changed."""

from __future__ import annotations

import re

from .choices import Choices


class Finishing(Choices):
    """Names elements, fixes variables and sizes, and says who takes a step."""

    def finished(self, text: str) -> str:
        """The text, some of which is declared another way."""
        text = self._with_keywords(text)
        if self.aside(20, "environment"):
            text = text.replace("    @action\n", "    @action(by='environment')\n", 1)
        return self._with_private_cells(self._with_constants(text))

    def _with_private_cells(self, text: str) -> str:
        """A map of whose cells each step uses those of its own process alone may be private."""
        methods = re.split(r"(?m)^(?=    @|class )", text)
        steps = [x for x in methods if x.startswith(("    @action", "    @init", "    @define"))]
        steps = [x for x in steps if not re.match(r"    @action\((fault|by)=", x)]
        for c in self.cells:
            here = [x for x in steps if f"self.{c.name}" in x]
            if c.keys[:1] == (self.basic[0],) and here and all(_own(c.name, x) for x in here):
                text = re.sub(
                    rf"(\n    {c.name}: Map.* = \w+\(.*)\)\n", r"\1, private=True)\n", text
                )
        return text

    def _with_keywords(self, text: str) -> str:
        """Elements with names, sizes and letters of their own, and processes."""
        given = []
        if self.aside(30):
            several = self.sizes["Proc"] > 1 and self.aside(30, "two names")
            given.append("named=('boss', 'vice')" if several else "named='boss'")
        given += ["process=True"] * self.aside(15, "process")
        if given:
            first = "Proc.boss" if "named" in given[0] else "Proc(0)"
            text = text.replace(
                "class Proc(Sort): ...\nproc0 = Proc(0)\n",
                f"class Proc(Sort, {', '.join(given)}): ...\nproc0 = {first}\n",
            )
            if "named" in given[0] and self.aside(50, "by name"):
                head, start, body = text.partition("(Protocol):\n")
                text = head + start + re.sub(r"\bproc0\b", "Proc.boss", body)
        if "Val" in self.sizes and self.aside(20, "fixed"):
            kept = f"class Val(Sort, size={self.sizes.pop('Val')}, short='w'): ...\n"
            text = text.replace("class Val(Sort): ...\n", kept)
        return text

    def _with_constants(self, text: str) -> str:
        """Some of the variables that no step writes are fixed."""
        for c in self.cells:
            if not c.volatile and self.aside(50) and f"self.{c.name}" not in written(text):
                text = re.sub(
                    rf"\n    {c.name}: (.*) = durable",
                    rf"\n    {c.name}: Const[\1] = durable",
                    text,
                )
        return text


def _own(name: str, step: str) -> bool:
    """Whether a step without messages uses only the cell of a parameter."""
    taker = re.search(r"\(self[^\n]*?, (\w+): Proc\b", step)
    if taker is None or re.search(r": (Ask|Tell|Note)\b", step.partition("->")[0]):
        return False
    return not re.search(rf"self\.{name}\b(?!\[{taker[1]}[\],])", step)


def written(text: str) -> str:
    """What stands to the left of assignments, outside of an @init."""
    parts = [p for p in re.split(r"(?m)^(?=    @)", text) if not p.startswith("    @init")]
    return " ".join(re.findall(r"(?m)^ +(self\.\w+).* [-+*|&]?= ", "".join(parts)))
