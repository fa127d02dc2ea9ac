"""Documents: blocks and formulas, and the printers that write them."""
