"""Comparing an implementation with a model: the one package that knows both sides."""
