"""One family of errors, split by whose fault it is.

Whoever runs an implementation catches `ImplError` and prints one line. The
subclasses say who has to act: the caller, a peer, the disk, the operator, or
the protocol itself.
"""

from quorate.errors import ImplementationError


class ImplError(ImplementationError):
    """Anything that this package reports; its text is one complete sentence for a user."""


class ProtocolRefusal(ImplError):
    """The caller asked a role for a step that the protocol does not allow now."""


class SafetyViolation(ImplError):
    """Two values were decided, or one ballot carried two values: the protocol is broken."""


class WireError(ImplError):
    """A peer sent bytes that are not a message: truncated, oversized or garbage."""


class StorageError(ImplError):
    """Durable state cannot be read or written, so the node must stop."""


class ConfigError(ImplError):
    """The operator asked for something that cannot be run."""


class ClusterError(ImplError):
    """A cluster of processes did not do what was asked of it, or not in time."""
