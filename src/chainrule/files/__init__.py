"""Files: the one place that reads what a user names and writes what a user keeps."""
