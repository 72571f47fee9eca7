"""Adapters, called: in this process or in another, of Python or of any language."""
