"""The tests of chainrule; they mirror the tree of src/chainrule."""
