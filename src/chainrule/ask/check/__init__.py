"""The verdict on a worked example."""
