"""How well `chainrule check` finds faults: random worked examples, each with one fault put in on purpose."""
