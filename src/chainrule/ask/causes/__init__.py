"""Causes: the one change to a worked example that makes its wrong numbers right."""
