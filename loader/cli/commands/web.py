"""The page, for whoever has a sheet and no terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import Country, Encoding, MappingFile, Output, Profile
from loader.cli.session import renaming_in
from loader.errors import SettingsError
from loader.model.redaction import in_a_line

if TYPE_CHECKING:
    from loader.web.rendering import About


def serve(
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="An address of this machine: 127.0.0.1 or ::1.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8770,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")] = False,
    mapping: MappingFile = None,
    country: Country = None,
    encoding: Encoding = None,
    profile: Profile = None,
    output: Output = None,
) -> None:
    """Serve a page on which sheets are checked and corrected, until Ctrl-C.

    Sends nothing to the API, and needs no credentials. What is opened is kept in the folder of the results.

    Example: campaign-loader serve
    """
    from loader.config.settings import read_places
    from loader.web.server import Served, serve_forever

    places = read_places(profile, mapping=mapping, country=country, encoding=encoding, output=output)
    renaming = renaming_in(places.mapping, ignore=None, country=places.country)

    def ready(url: str) -> None:
        typer.echo(in_a_line(f"The page is at {url}"))
        typer.echo("The address works once; stop the page with Ctrl-C.")
        if not no_browser:
            import threading
            import webbrowser

            threading.Thread(
                target=webbrowser.open, args=[url], daemon=True
            ).start()  # one in a terminal takes its time

    serve_forever(Served(places, renaming, _about(profile), host, port), ready)


def _about(profile: str | None) -> "About":
    """The account as every page shows it; checking works without one."""
    from loader.config.settings import read_settings
    from loader.web.rendering import About

    try:
        settings = read_settings(profile)
    except SettingsError as error:
        return About(missing=str(error))
    host = settings.host.partition("://")[2]
    return About(f"{profile} · {host}" if profile else host)
