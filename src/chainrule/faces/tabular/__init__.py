"""Training on tables, predictions for them."""
