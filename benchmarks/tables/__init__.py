"""What `chainrule train` reaches by default on real tables, beside a linear model and boosting."""
