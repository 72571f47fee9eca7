"""What `quorate new` writes: a small protocol with tests, an implementation and an adapter."""

from .writing import write_project

__all__ = ["write_project"]
