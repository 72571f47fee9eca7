"""Protocol descriptions and the language that they are written in."""
