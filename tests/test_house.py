"""Imports only go down, and every outside library has one home."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import loader

HOUSE = Path(loader.__file__).parent

# From the ground up: a package imports from the floors below its own and from itself, in no circle. Packages on one
# floor do not know each other.
FLOORS = """
errors model
api config
storage
workbook
planning
execution editing
jobs
nightly
web
cli
__main__
"""

# Stands apart: it shares no code with the rest, or it could not contradict it.
ISLAND = "sandbox"
BRIDGES = {"cli.commands.sandbox", "cli.demo"}

LONGEST_MODULE, LONGEST_CLASS, LONGEST_FUNCTION = 300, 200, 40  # lines
MOST_ANY = 39  # the word `Any` in all modules: what comes from outside is an `object` until it is known to be more

# A folder's or a family's name stands for all of its modules.
HOMES = {
    "pandas": ("workbook.reader.grid_reader",),
    "phonenumbers": ("workbook.value_warnings",),
    "python_calamine": ("workbook.reader.grid_reader",),
    "openpyxl": ("workbook.writer", "workbook.ooxml.sheet_part", "workbook.ooxml.external_links"),
    "aiohttp": ("api.client", "api.session", "nightly.notify", "sandbox", "web"),
    "jinja2": ("web.rendering",),
    "multidict": ("sandbox",),
    "asyncio_throttle": ("api.rate_limiter",),
    "jwt": ("api.auth", "sandbox"),
    "sqlalchemy": ("storage",),
    "filelock": ("storage.locks",),
    "pydantic": ("model.campaign", "config", "planning.validate", "planning.readings"),
    "pydantic_core": ("config", "planning.validation_messages"),
    "pydantic_settings": ("config",),
    "typer": ("cli.main", "cli.session", "cli.commands", "cli.output"),
    "rich": ("cli.output",),
    "keyring": ("config",),
    "structlog": ("cli.output.json_log",),
}

# Files are written by one module. What else opens one for writing, and why it may:
WRITERS = {
    "cli.output.streams": {"open"},  # the null device
    "storage.atomic_files": {"open", "mkstemp", "fdopen", "replace", "copymode", "copystat", "copyfileobj"},
    "storage.database": {"connect", "copyfileobj"},  # SQLite writes its own file, and a copy in a folder of ours
    "storage.locks": {"FileLock"},  # follows no link
    "workbook.reader.worker": {"open"},  # a pipe
    "workbook.ooxml.package_copy": {"open", "writestr"},  # inside of a package
    "workbook.ooxml.package_edit": {"open"},  # likewise
    "workbook.writer.template": {"writestr"},
    "workbook.writer.cells": {"save"},  # into a file that is open
}
WRITE_ALWAYS = {
    *("write_text", "write_bytes", "touch", "mkstemp", "NamedTemporaryFile", "fdopen", "save", "to_csv", "to_excel"),
    *("replace", "rename", "symlink_to", "copy", "copy2", "copyfile", "copyfileobj", "copymode", "copystat", "move"),
    *("FileLock", "FileHandler", "RotatingFileHandler", "writestr", "extractall", "extract"),
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(HOUSE.rglob("*.py")) if path.name != "__init__.py"}
FLOOR_OF = {package: floor for floor, line in enumerate(FLOORS.strip().splitlines()) for package in line.split()}


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
    return names & MODULES.keys()


def lives_in(module: str, homes: tuple[str, ...]) -> bool:
    return any(module == home or module.startswith((f"{home}.", f"{home}_")) for home in homes)


def lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_command(module: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return module.startswith("cli.commands.") and not node.name.startswith("_") and len(node.body) > 1


def package_of(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_lower_floors_and_its_own_package_only(module: str) -> None:
    own = package_of(module)
    assert own in FLOOR_OF or own == ISLAND, f"{module} has no floor: {own} belongs into FLOORS"
    for other in ours(MODULES[module]):
        package = package_of(other)
        if package == own:
            continue
        if ISLAND in (own, package):
            assert module in BRIDGES, f"{module} imports {other}: the {ISLAND} shares no code with the rest"
        else:
            assert FLOOR_OF[package] < FLOOR_OF[own], f"{module} imports {other}, which is not below it"


@pytest.mark.parametrize("package", [*FLOOR_OF, ISLAND])
def test_within_a_package_no_module_imports_itself_in_a_circle(package: str) -> None:
    needs = {
        module: {it for it in ours(path) if package_of(it) == package}
        for module, path in MODULES.items()
        if package_of(module) == package
    }
    while free := [module for module, needed in needs.items() if not needed & needs.keys()]:
        for module in free:
            del needs[module]
    assert not needs, f"these import each other: {', '.join(needs)}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_read_in_one_sitting(module: str) -> None:
    assert MODULES[module].read_text(encoding="utf-8").count("\n") <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES)
def test_a_class_is_short_and_a_function_fits_a_screen(module: str) -> None:
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            assert lines(node) <= LONGEST_CLASS, node.name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # above its second statement a command declares its options, one a line, and says what --help shows
            declared = node.body[1].lineno - node.lineno if _is_command(module, node) else 0
            assert lines(node) - declared <= LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("module", MODULES)
def test_every_outside_library_is_imported_in_its_home_only(module: str) -> None:
    libraries = {name.split(".")[0] for name in imported(MODULES[module])} - sys.stdlib_module_names - {"loader"}
    for library in libraries:
        assert library in HOMES, f"{module} imports {library}, which has no home"
        assert lives_in(module, HOMES[library]), f"{module} imports {library}, whose home is {HOMES[library]}"


def test_a_version_of_the_api_is_reached_through_the_one_that_a_run_was_begun_with() -> None:
    for module, path in MODULES.items():
        assert package_of(module) == "api" or not ours(path) & {"api.v1", "api.v2"}, f"{module} imports a version"


def test_hardly_a_value_is_of_any_type() -> None:
    named = [len(re.findall(r"\bAny\b", path.read_text(encoding="utf-8"))) for path in MODULES.values()]
    assert sum(named) <= MOST_ANY


def writes(node: ast.Call) -> str:
    """The name of what opens, makes or replaces a file here; blank where nothing does."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if called == "open":
        said = [ast.unparse(it) for it in (*node.args, *(keyword.value for keyword in node.keywords))]
        return called if any(re.fullmatch(r"'[rbt]*[wax+][wabt+]*'|.*os\.O_(?!RDONLY).*", it) for it in said) else ""
    if called == "connect":
        return called if owner == "sqlite3" else ""
    if called in {"replace", "copy", "extract", "move", "rename"}:  # of texts and values as well
        return called if owner in {"os", "shutil", "path", "partial", "file"} else ""
    return called if called in WRITE_ALWAYS else ""


@pytest.mark.parametrize("module", [module for module in MODULES if package_of(module) != ISLAND])
def test_files_are_written_by_one_module(module: str) -> None:
    nodes = ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    found = {name for node in nodes if isinstance(node, ast.Call) and (name := writes(node))}
    assert found <= WRITERS.get(module, set()), f"{module} writes a file: storage.atomic_files does that"


@pytest.mark.parametrize(
    "code",
    [
        *("open(a, 'w')", "path.open('xb')", "a.open(mode='r+b')", "os.open(a, os.O_CREAT | os.O_RDWR)"),
        *("a.write_text('')", "os.replace(a, b)", "shutil.move(a, b)", "path.rename(b)", "FileLock(a)"),
    ],
)
def test_whatever_opens_a_file_for_writing_is_seen(code: str) -> None:
    [node] = (it for it in ast.walk(ast.parse(code)) if isinstance(it, ast.Call))
    assert writes(node)


def test_packages_reexport_nothing() -> None:
    for path in HOUSE.rglob("__init__.py"):
        assert imported(path) == set()


def test_the_house_is_seen_whole() -> None:
    assert {"errors", "workbook.reader.read", "planning.validate", "sandbox.server"} <= MODULES.keys()
    assert {"planning.reconcile", "api.campaign_list"} <= ours(MODULES["execution.lookup"])
