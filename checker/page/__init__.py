"""`quorate explore`: a page on this machine, to walk a protocol step by step."""
