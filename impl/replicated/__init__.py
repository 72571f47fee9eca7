"""What a protocol that replicates the store offers, its host, and its clients."""
