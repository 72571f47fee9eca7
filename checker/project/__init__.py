"""A project's own settings and list of checks; what of them is kept, and was shown before."""
