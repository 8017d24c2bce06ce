"""Commands about this installation: nothing is created."""

import typer

from loader.cli.commands.options import AsJson, Profile
from loader.cli.output.json_output import doctor_shape, print_json


def doctor(*, profile: Profile = None, as_json: AsJson = False) -> None:
    """Check whether a run would find all it needs.

    Looks at settings, clock, journal, disk, network and credentials, and names a remedy for whatever is wrong. One
    campaign is read; nothing is created.

    Example: campaign-loader doctor --profile germany
    """
    import asyncio

    from loader.cli.output.console import print_checks
    from loader.execution.check_result import exit_code_of
    from loader.execution.doctor import examine

    checks = asyncio.run(examine(profile))
    exit_code = exit_code_of(checks)
    if as_json:
        print_json(doctor_shape(checks, exit_code=exit_code))
    else:
        print_checks(checks)
    raise typer.Exit(exit_code)
