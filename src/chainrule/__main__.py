"""`python -m chainrule` is the command line."""

from chainrule.faces.cli import main

if __name__ == "__main__":
    main()
