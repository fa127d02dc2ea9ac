"""Tests of the rules: every one by every check, because it stands in the registry."""
