"""What people and programs read of a result: lines for a terminal or a notebook, and JSON.

Each module renders one kind of result, in both forms. `quorate.schema.json`, in this folder,
describes the JSON of all of them.
"""
