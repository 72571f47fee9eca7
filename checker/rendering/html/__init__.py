"""The HTML report: one page that opens from disk, made of the object that `--json` prints."""
