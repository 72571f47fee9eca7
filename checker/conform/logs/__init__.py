"""Logs of running systems, held against a model: is there a run of the model that explains them?"""
