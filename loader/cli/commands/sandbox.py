"""Commands that need no account: the example, and the stand-in of the API as a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import AsJson, Output
from loader.cli.session import carry_out
from loader.errors import SettingsError

if TYPE_CHECKING:
    from loader.sandbox.settings import SandboxSettings


def demo(*, output: Output = None, as_json: AsJson = False) -> None:
    """Load an example into a local stand-in of the API.

    Needs no credentials, and nothing leaves this machine. Three of its rows meet a fault on the way.

    Example: campaign-loader demo
    """
    from loader.cli.demo import demonstrate
    from loader.config.settings import read_places

    folder = read_places(output=output).output
    typer.echo(
        "Loading an example of 25 campaigns into a local stand-in of the API; nothing leaves this machine.\n"
        "Three rows meet a fault on the way: an answer that gets lost, a server error, and a rate limit.",
        err=True,
    )
    carry_out(lambda callbacks, stop: demonstrate(folder, callbacks, stop), as_json=as_json)


def sandbox(
    *,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8765,
    rate: Annotated[int, typer.Option("--rate", metavar="N", min=0, help="Requests a minute; 0: no limit.")] = 60,
    fault_rate: Annotated[
        float, typer.Option("--fault-rate", metavar="SHARE", min=0, max=1, help="Share of requests with some fault.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Repeats the same faults.")] = 0,
    rules: Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="Faults by rule, TOML.")] = None,
    names: Annotated[
        Path | None, typer.Option("--names", metavar="FILE", help="Contact lists and queues, TOML.")
    ] = None,
    strict_names: Annotated[bool, typer.Option("--strict-names", help="Refuse lists and queues not named.")] = False,
    unique_names: Annotated[bool, typer.Option("--unique-names", help="Refuse a name that is there already.")] = False,
    list_lag: Annotated[
        float, typer.Option("--list-lag", metavar="SECONDS", min=0, help="How late a campaign appears in the list.")
    ] = 0.0,
    store: Annotated[Path | None, typer.Option("--store", metavar="FILE", help="Keep what is created.")] = None,
    log: Annotated[Path | None, typer.Option("--log", metavar="FILE", help="Log every request.")] = None,
) -> None:
    """Serve a local stand-in of the API until Ctrl-C.

    It checks requests strictly, keeps a rate limit, and has faults on request.

    Example: campaign-loader sandbox --fault-rate 0.1 --seed 7
    """
    from loader.sandbox.errors import SandboxError
    from loader.sandbox.server import serve_forever
    from loader.sandbox.settings import SandboxSettings

    try:
        settings = SandboxSettings(
            port=port,
            rate_per_minute=rate,
            fault_rate=fault_rate,
            fault_seed=seed,
            fault_file=rules,
            names_file=names,
            strict_names=strict_names,
            unique_names=unique_names,
            list_lag_seconds=list_lag,
            store_path=store,
            log_path=log,
        )
        serve_forever(settings, lambda url: _tell_sandbox(url, settings))
    except SandboxError as error:
        raise SettingsError(f"sandbox: {error}") from error


def _tell_sandbox(url: str, settings: "SandboxSettings") -> None:
    typer.echo(f"The sandbox listens at {url}; stop it with Ctrl-C. To load campaigns into it, set:")
    for name, value in (
        ("KORE_HOST", url),
        ("KORE_APP_ID", settings.app_id),
        ("KORE_ACCOUNT_ID", settings.account_id),
        ("KORE_CLIENT_ID", settings.client_id),
        ("KORE_CLIENT_SECRET", settings.client_secret),
    ):
        typer.echo(f"  {name}={value}")
