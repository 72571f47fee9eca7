"""The searches: in memory, by threads, on disk, on a cluster, directed, and the reference."""
