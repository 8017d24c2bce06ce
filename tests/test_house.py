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
0    errors model.row model.campaign workbook.reader.collector execution.check_result
0    api.messages api.json_values api.campaign_diff model.events model.records nightly.night_report
0    storage.atomic_files nightly.clock_times model.redaction execution.stop
1    planning.validation_messages model.cell_reference model.limits workbook.reader.frames workbook.lookalikes
1    workbook.value_warnings
1    storage.schema storage.locks workbook.time_windows workbook.ooxml.package workbook.writer.cells
1    workbook.writer.save workbook.data.zones workbook.data.example
1    model.calling_hours
1    workbook.writer.cell_styles workbook.ooxml.xml_edit
1    workbook.ooxml.sheet_part workbook.ooxml.styles_part workbook.ooxml.package_copy
1    workbook.ooxml.tables_part workbook.ooxml.sheet_rows workbook.ooxml.external_links
1    workbook.ooxml.workbook_part
1    workbook.cell_parsers workbook.reader.number_formats workbook.reader.reader_process
1    workbook.columns
1    storage.database api.responses config.notifications config.secret_sources
1    config.settings storage.journal planning.reconcile api.v1 api.auth api.rate_limiter api.connectivity
1    workbook.reader.headers workbook.mapping
1    workbook.mapping_draft workbook.reader.sms api.v2 storage.shared_rate
2    workbook.reader.admission workbook.reader.sheet_scan workbook.writer.summary_sheet api.client
2    workbook.reader.cross_check workbook.reader.protocol workbook.reader.grid workbook.reader.inspection
2    workbook.writer.input_rules
2    workbook.writer.campaigns_sheet
2    workbook.reader.grid_reader workbook.reader.rows workbook.writer.result_cells workbook.writer.problems_sheet
2    workbook.writer.template
2    workbook.writer.comments workbook.writer.generated_sheets workbook.writer.new_workbook
2    workbook.writer.in_place
2    workbook.writer.results
2    workbook.reader.worker workbook.reader.read planning.validate
3    planning.plan api.campaign_list execution.check execution.connection api.retry planning.mismatch
3    planning.modification
3    planning.forecast execution.account_resources
3    execution.recorder planning.preflight
3    execution.lookup
3    execution.sender execution.deletion
3    execution.canary
3    execution.send_stage
3    execution.verify
4    planning.request
4    execution.report
4    execution.run execution.doctor nightly.inbox nightly.status nightly.accounts
4    planning.plan_file execution.undo
5    nightly.notification
5    nightly.batch nightly.schedule nightly.notify
door cli.demo
door cli.output.json_output cli.output.console cli.signals
door cli.output.progress_bar cli.output.json_log cli.output.plan_view
door cli.output.nightly_view
door cli.session cli.output.mapping_offer
door cli.commands.options
door cli.commands.sheet cli.commands.load cli.commands.history cli.commands.sandbox cli.commands.plan
door cli.commands.nightly cli.commands.doctor cli.commands.undo
door cli.main
door __main__
"""

# A folder's or a family's name stands for all of its modules.
HOMES = {
    "pandas": ("workbook.reader.grid_reader", "workbook.reader.read"),
    "phonenumbers": ("workbook.value_warnings",),
    "python_calamine": ("workbook.reader.grid_reader",),
    "openpyxl": (
        *(
            "workbook.writer.cells",
            "workbook.writer.cell_styles",
            "workbook.writer.save",
            "workbook.writer.summary_sheet",
            "workbook.writer.problems_sheet",
        ),
        *(
            "workbook.writer.new_workbook",
            "workbook.ooxml.sheet_part",
            "workbook.writer.template",
            "workbook.writer.campaigns_sheet",
            "workbook.writer.input_rules",
        ),
    ),
    "aiohttp": ("api.client", "nightly.notify", "sandbox", "web"),
    "multidict": ("sandbox",),
    "asyncio_throttle": ("api.rate_limiter",),
    "jwt": ("api.auth", "sandbox"),
    "sqlalchemy": ("storage.database", "storage.journal", "storage.schema", "storage.shared_rate"),
    "filelock": ("storage.locks",),
    "pydantic": ("model.campaign", "config", "planning.validate"),
    "pydantic_core": ("config", "planning.validation_messages"),
    "pydantic_settings": ("config",),
    "typer": ("cli.main", "cli.session", "cli.commands", "cli.output"),
    "rich": ("cli.output",),
    "keyring": ("config",),
    "structlog": ("cli.output.json_log",),
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
            assert module in {"cli.commands.sandbox", "cli.demo"}, f"{module} imports the sandbox"
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
    assert {"errors", "workbook.reader.read", "planning.validate", "sandbox.server"} <= MODULES.keys()
    assert STEP_OF["workbook.time_windows"] < STEP_OF["workbook.columns"] < STEP_OF["workbook.reader.read"]
