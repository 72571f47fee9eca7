"""A search whose states are spread over the processes of a Ray cluster."""
