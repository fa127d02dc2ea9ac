"""Tables: CSV and Parquet files read with care, encoded for a network; predictions written back."""

from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.read import read
from chainrule.faces.tables.survey import Survey, learn
from chainrule.faces.tables.table import Note, Table
from chainrule.faces.tables.write import write_table

__all__ = ["Encoding", "Note", "Survey", "Table", "learn", "read", "write_table"]
