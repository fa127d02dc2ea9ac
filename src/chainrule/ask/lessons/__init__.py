"""Reading worked examples out of lessons, with what was assumed and what was left over."""
