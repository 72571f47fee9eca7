"""Writing a protocol as a TLA+ module."""

from .module import Exported, export

__all__ = ["Exported", "export"]
