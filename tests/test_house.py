"""Imports only go down, and every outside library has one home."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import loader

HOUSE = Path(loader.__file__).parent

# From the ground up; modules on one line do not know each other. A floor with several lines has half floors.
FLOORS = """
0    errors row campaign collector finding
0    api.message api.json_values api.compare news record night files clock discretion stop
1    wording workbook.addresses workbook.limits workbook.frames workbook.lookalikes workbook.phones
1    schema locks workbook.windows workbook.package workbook.cells workbook.save workbook.zones workbook.example
1    workbook.hours
1    workbook.looks workbook.markup
1    workbook.shell workbook.styles workbook.parts
1    workbook.tables workbook.rows workbook.outreach
1    workbook.book
1    workbook.reading workbook.formats workbook.door
1    workbook.columns
1    database api.envelope settings_notices settings_secrets
1    settings journal reconcile api.wire_v1 api.tokens api.pace api.handshake workbook.headers workbook.mapping
1    workbook.mapping_draft workbook.sms api.wire_v2 slots
2    workbook.admission workbook.guard workbook.summary api.client
2    workbook.recount workbook.passage workbook.grid workbook.survey
2    workbook.input_rules
2    workbook.campaigns_page
2    workbook.read_grid workbook.drafts workbook.verdicts workbook.problem_page workbook.template
2    workbook.notes workbook.grafts workbook.fresh
2    workbook.kept
2    workbook.results
2    workbook.reader workbook.read validate
3    plan listing check connection insist deviation untouched
3    outlook inventory
3    ledger preflight
3    lookup
3    submit removal
3    canary
3    dispatch
3    verify
4    order
4    report
4    run doctor inbox status accounts
4    plan_file undo
5    notice
5    nightly schedule notify
door demo
door terminal.shapes terminal.console terminal.signals
door terminal.watch terminal.logs terminal.planned
door terminal.vigil
door terminal.session terminal.draft
door commands.options
door commands.sheets commands.loading commands.history commands.stand_in commands.planning
door commands.unattended commands.installation commands.undoing
door cli
door __main__
"""

# A folder's or a family's name stands for all of its modules.
HOMES = {
    "pandas": ("workbook.read",),
    "phonenumbers": ("workbook.phones",),
    "python_calamine": ("workbook.read_grid",),
    "openpyxl": (
        *("workbook.cells", "workbook.looks", "workbook.save", "workbook.summary", "workbook.problem_page"),
        *("workbook.fresh", "workbook.shell", "workbook.template", "workbook.campaigns_page", "workbook.input_rules"),
    ),
    "aiohttp": ("api.client", "notify", "sandbox", "web"),
    "multidict": ("sandbox",),
    "asyncio_throttle": ("api.pace",),
    "jwt": ("api.tokens", "sandbox"),
    "sqlalchemy": ("database", "journal", "schema", "slots"),
    "filelock": ("locks",),
    "pydantic": ("campaign", "settings", "validate"),
    "pydantic_core": ("settings", "wording"),
    "pydantic_settings": ("settings",),
    "typer": ("cli", "commands", "terminal"),
    "rich": ("terminal",),
    "keyring": ("settings",),
    "structlog": ("terminal.logs",),
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(HOUSE.rglob("*.py")) if path.name != "__init__.py"}
STEP_OF = {module: step for step, line in enumerate(FLOORS.strip().splitlines()) for module in line.split()[1:]}


def imported(path: Path) -> set[str]:
    """Full names of all modules imported anywhere in the file, also inside functions and for type checking."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def ours(path: Path) -> set[str]:
    names = {name.removeprefix("loader.") for name in imported(path) if name.startswith("loader.")}
    return {name for name in names if name in MODULES or name.rpartition(".")[0] not in MODULES}


def lives_in(module: str, homes: tuple[str, ...]) -> bool:
    return any(module == home or module.startswith((f"{home}.", f"{home}_")) for home in homes)


def is_island(module: str) -> bool:
    return module.startswith("sandbox.")


@pytest.mark.parametrize("module", [name for name in MODULES if not is_island(name)])
def test_every_module_has_its_floor_and_imports_from_lower_ones_only(module: str) -> None:
    assert module in STEP_OF, f"{module} has no floor yet: give it one in this file"
    for other in ours(MODULES[module]):
        if is_island(other):
            assert module in {"commands.stand_in", "demo"}, f"{module} imports the sandbox"
        elif (HOUSE / other.replace(".", "/")).is_dir():
            continue  # a package: its __init__ is empty
        else:
            assert STEP_OF[other] < STEP_OF[module], f"{module} imports {other}, which is not below it"


@pytest.mark.parametrize("module", [name for name in MODULES if is_island(name)])
def test_the_sandbox_imports_nothing_else_of_ours(module: str) -> None:
    assert {name for name in ours(MODULES[module]) if name != "sandbox" and not is_island(name)} == set()


@pytest.mark.parametrize("module", MODULES)
def test_every_outside_library_is_imported_in_its_home_only(module: str) -> None:
    libraries = {name.split(".")[0] for name in imported(MODULES[module])} - sys.stdlib_module_names - {"loader"}
    for library in libraries:
        assert library in HOMES, f"{module} imports {library}, which has no home"
        assert lives_in(module, HOMES[library]), f"{module} imports {library}, whose home is {HOMES[library]}"


def test_packages_reexport_nothing() -> None:
    for path in HOUSE.rglob("__init__.py"):
        assert imported(path) == set()


def test_the_house_is_seen_whole() -> None:
    assert {"errors", "workbook.read", "validate", "sandbox.server"} <= MODULES.keys()
    assert STEP_OF["workbook.windows"] < STEP_OF["workbook.columns"] < STEP_OF["workbook.read"]
