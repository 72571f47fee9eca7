"""Results as text, for a terminal or a notebook, and as JSON.

Each module renders one kind of result, in both forms. `quorate.schema.json`, in this folder,
describes the JSON of all of them.
"""
