"""Logs of running systems: is there a run of the model that explains them?"""
