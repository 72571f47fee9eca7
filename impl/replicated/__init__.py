"""Replicas of the store as processes: any protocol with the interface of `quorate.impl.replica`."""
