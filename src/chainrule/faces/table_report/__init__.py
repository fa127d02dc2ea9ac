"""The report of a training on a table as one page: how good, compared with what, and what matters."""
