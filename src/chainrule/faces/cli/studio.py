"""chainrule studio: a page on which a network learns, and every number can be asked where it comes from."""

import os
import socket

import click

from chainrule.faces.cli.options import Whole

_PORTS = 20  # that are tried, from the one that was asked for


@click.command()
@click.argument("file", required=False, metavar="[FILE|RUN]")
@click.option("--table", metavar="FILE", help="The table of a RUN, if it does not lie where it lay.")
@click.option(
    "--port", type=Whole(1), default=8400, show_default=True, help="Where it listens; if taken, the next."
)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Listen on another address: everybody who reaches it and has the token can use your studio.",
)
def studio(file: str | None, table: str | None, port: int, no_browser: bool, host: str) -> int:
    """Open a page on which a network learns step by step, and ask every number where it comes from.

    FILE is a worked example (TOML) or a lesson; without one it is the built-in lesson. A RUN, the folder of a
    training on a table, is gone through again from its seed, update by update. The page and all that it needs
    come from this machine. Ctrl-C ends it.
    """
    # Before NumPy is imported: one thread gives the same bits on every machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import uvicorn

    from chainrule.errors import InputError
    from chainrule.faces.studio.guard import Guard
    from chainrule.faces.studio.server import application
    from chainrule.faces.studio.subject import in_file

    is_run = bool(file) and os.path.isdir(file or "")
    if table and not is_run:
        raise InputError("--table is the table of a run: name the run's folder, too")
    subject = in_file(file, table) if file else None
    if subject:
        if is_run:
            click.echo(f"replaying {subject.label} from its seed", err=True)
        subject.begin()  # what is wrong with it is said here and not on the page
    listening = _listen(host, port)
    number = listening.getsockname()[1]
    if number != port:
        click.echo(f"port {port} is taken, so the studio is at {number}", err=True)
    guard = Guard(application(subject), number, host)
    name = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"http://{name}:{number}/?token={guard.token}"
    click.echo(f"The studio is open at {address}  (Ctrl-C ends it)")
    if not no_browser and not _opened(address):
        click.echo("no browser was found: open the address above", err=True)
    config = uvicorn.Config(
        guard,
        log_level="error",
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=1 << 20,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        raise InputError(f"the studio cannot listen at {host}:{number}: {error.strerror}") from None
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A socket on the port, or on the next that is free.

    Raises:
        InputError: none is, or the address is none of this machine's.
    """
    from chainrule.errors import InputError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reason = ""
    for candidate in range(port, min(port + _PORTS, 65536)):
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, candidate))
            listening.listen(64)
            return listening
        except OSError as error:
            reason = error.strerror or str(error)
            listening.close()
    raise InputError(f"the studio cannot listen at {host}:{port}: {reason}; take another --port")


def _opened(address: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
