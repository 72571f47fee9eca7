"""Writing a protocol as a TLA+ module."""

from .module import TlaModule, export

__all__ = ["TlaModule", "export"]
