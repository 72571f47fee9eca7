"""What a node keeps on disk, and points at which it can be killed while it writes."""
