"""TLA+ for the tests: a parser, a check of scopes, an interpreter. None is the exporter's."""
