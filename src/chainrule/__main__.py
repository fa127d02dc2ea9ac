"""`python -m chainrule`, and the command `chainrule`: signals first, then the command line."""

from typing import NoReturn

from chainrule.engine.training.interrupt import end_at_once


def main() -> NoReturn:
    """Run the command line and exit."""
    end_at_once()
    from chainrule.faces.cli import main as run

    run()


if __name__ == "__main__":
    main()
