"""Witnesses from outside: the same mathematics written again, by other formulas, without chainrule."""
