"""Whether a history of concurrent operations is linearizable (Herlihy and Wing, 1990)."""
