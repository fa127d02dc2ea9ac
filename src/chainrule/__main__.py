"""`python -m chainrule`, and the command `chainrule`: signals first, then the command line."""

from chainrule.signals import end_at_once

end_at_once()


def main() -> None:
    """Run the command line and exit."""
    from chainrule.faces.cli import main as run

    run()


if __name__ == "__main__":
    main()
