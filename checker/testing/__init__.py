"""The pytest plugin: the properties of protocols as tests."""
