"""What a run of a protocol is: the trace type, its file format, its renderings."""
