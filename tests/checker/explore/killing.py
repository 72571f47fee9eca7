"""Kills a search again and again, at random moments, and prints how it ends in the end.

    python -m tests.checker.explore.killing FOLDER KILLS MEMORY [MUTANT]

Each search is a process of its own, a fork of this one, so that starting it takes no time; it is
ended by SIGKILL. A moment is a random part of the time that the whole search takes undisturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.results import Exploration
from quorate.model.language.digest import stable_text
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos

from ...support.searching import searching

EVERY = 0.05


def summary(found: Exploration) -> dict[str, Any]:
    """All that must not depend on whether a search was killed."""
    return {
        "outcome": found.outcome.value,
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "fired": dict(found.fired),
        "reached": sorted(found.reached),
        "guards": [g.blocked for g in found.guards],
        "violated": found.violated,
        "path": [
            f"{m.action} {stable_text(m.arguments)} {stable_text(m.state)}" for m in found.path
        ],
    }


def search(folder: Path, memory: int, code: str) -> Explorer:
    """The search, of Paxos or of a mutant of it; ready to run, its code compiled."""
    protocol, sizes, only = Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2), None
    if code:
        mutant = MUTANTS[code]
        protocol = mutant.protocol
        sizes = protocol.sized(dict(mutant.faults), **mutant.sizes)
        only = frozenset({str(mutant.violates)})
    return Explorer(
        protocol, sizes, searching(memory=memory, checkpoint=folder, every=EVERY), invariants=only
    )


def main() -> None:
    folder, kills, memory = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    code = sys.argv[4] if len(sys.argv) > 4 else ""
    once = search(folder.with_name(f"{folder.name}-once"), memory, code)
    once.run(coverage=False)  # everything is compiled now
    started = time.perf_counter()
    search(folder.with_name(f"{folder.name}-twice"), memory, code).run()
    whole = time.perf_counter() - started
    random = Random(7)
    killed, result = 0, folder.with_name(f"{folder.name}.json")
    while not result.exists():
        child = os.fork()
        if not child:
            found = search(folder, memory, code).run()
            new = result.with_suffix(".new")
            new.write_text(json.dumps(summary(found)))
            new.rename(result)
            os._exit(0)
        if killed < kills:
            time.sleep(random.uniform(0.02, max(0.3, whole / 4)))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
        elif killed < kills:  # it was too quick: start again
            result.unlink()
            for path in folder.iterdir():
                path.unlink()
    sys.stdout.write(json.dumps({"kills": killed, "result": json.loads(result.read_text())}))


if __name__ == "__main__":
    main()
