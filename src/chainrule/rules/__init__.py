"""The rules: every layer, loss and penalty, each with its derivative beside it."""
