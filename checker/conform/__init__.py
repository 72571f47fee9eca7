"""Holding an implementation against a model: the one place that knows both sides."""
