"""Quorate: a conformance checker for consensus protocols. For example:

    import quorate
    from quorate.model.paxos import Paxos

    sizes = {"Acceptor": 3, "Ballot": 2, "Value": 2}
    result = quorate.check(Paxos, sizes=sizes, search=quorate.BreadthFirst(threads=2))
    result.raise_for_violation()

Names are imported when they are first used, so `import quorate.model` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from ._asserting import assert_conforms as assert_conforms
    from ._asserting import assert_holds as assert_holds
    from ._asserting import assert_violates as assert_violates
    from ._check import check as check
    from ._cluster import ConformClusterResult as ConformClusterResult
    from ._cluster import conform_cluster as conform_cluster
    from ._conform import ConformResult as ConformResult
    from ._conform import conform as conform
    from ._diff import DiffResult as DiffResult
    from ._diff import diff as diff
    from ._explain import Explanation as Explanation
    from ._explain import explain as explain
    from ._explore import ExplorePage as ExplorePage
    from ._explore import explore as explore
    from ._export import TlaModule as TlaModule
    from ._export import export_tla as export_tla
    from ._follow import FollowResult as FollowResult
    from ._follow import follow as follow
    from ._induction import InductionResult as InductionResult
    from ._linearize import LinearizeResult as LinearizeResult
    from ._linearize import linearize as linearize
    from ._machine import conformance_machine as conformance_machine
    from ._mutate import MutateResult as MutateResult
    from ._mutate import mutate as mutate
    from ._project import ProjectResult as ProjectResult
    from ._project import verify_project as verify_project
    from ._prove import InvariantsResult as InvariantsResult
    from ._prove import ProofResult as ProofResult
    from ._prove import find_invariants as find_invariants
    from ._prove import prove as prove
    from ._quorums import QuorumsResult as QuorumsResult
    from ._quorums import compare_quorums as compare_quorums
    from ._refine import CheckedRefinement as CheckedRefinement
    from ._refine import RefinementResult as RefinementResult
    from ._refine import refine as refine
    from ._replay import ReplayResult as ReplayResult
    from ._replay import replay as replay
    from ._validate import ValidateResult as ValidateResult
    from ._validate import validate as validate
    from ._verify import VerifyResult as VerifyResult
    from ._verify import verify as verify
    from .errors import ArgumentError as ArgumentError
    from .errors import ImplementationError as ImplementationError
    from .errors import InternalError as InternalError
    from .errors import ProtocolError as ProtocolError
    from .errors import QuorateError as QuorateError
    from .errors import UnmetError as UnmetError
    from .errors import ViolationError as ViolationError
    from .results import CheckResult as CheckResult
    from .results import Result as Result
    from .searches import BestFirst as BestFirst
    from .searches import BoundedModelChecking as BoundedModelChecking
    from .searches import BreadthFirst as BreadthFirst
    from .searches import Checkpoint as Checkpoint
    from .searches import Cluster as Cluster
    from .searches import DepthFirst as DepthFirst
    from .searches import InMemory as InMemory
    from .searches import KInduction as KInduction
    from .searches import RandomWalks as RandomWalks
    from .searches import Reference as Reference
    from .searches import Spill as Spill

_HOMES = {
    "_asserting": ("assert_conforms", "assert_holds", "assert_violates"),
    "_check": ("check",),
    "_cluster": ("ConformClusterResult", "conform_cluster"),
    "_conform": ("ConformResult", "conform"),
    "_diff": ("DiffResult", "diff"),
    "_explore": ("ExplorePage", "explore"),
    "_explain": ("Explanation", "explain"),
    "_export": ("TlaModule", "export_tla"),
    "_follow": ("FollowResult", "follow"),
    "_induction": ("InductionResult",),
    "_linearize": ("LinearizeResult", "linearize"),
    "_machine": ("conformance_machine",),
    "_mutate": ("MutateResult", "mutate"),
    "_project": ("ProjectResult", "verify_project"),
    "_prove": ("InvariantsResult", "ProofResult", "find_invariants", "prove"),
    "_quorums": ("QuorumsResult", "compare_quorums"),
    "_refine": ("CheckedRefinement", "RefinementResult", "refine"),
    "_replay": ("ReplayResult", "replay"),
    "_validate": ("ValidateResult", "validate"),
    "_verify": ("VerifyResult", "verify"),
    "errors": (
        "ArgumentError",
        "ImplementationError",
        "InternalError",
        "ProtocolError",
        "QuorateError",
        "UnmetError",
        "ViolationError",
    ),
    "results": ("CheckResult", "Result"),
    "searches": (
        "BestFirst",
        "BoundedModelChecking",
        "BreadthFirst",
        "Checkpoint",
        "Cluster",
        "DepthFirst",
        "InMemory",
        "KInduction",
        "RandomWalks",
        "Reference",
        "Spill",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("quorate")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
