"""A protocol in the languages of other tools."""
