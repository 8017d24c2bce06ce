"""Contact lists and queues of the account, in the drop-downs of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from loader.api.messages import QueuePage
from loader.errors import RefusedError, RejectedError, UnansweredError, WorkbookError
from loader.execution.account_resources import read_inventory
from loader.model.inventory import ContactList, Inventory
from loader.sandbox.fault_rules import rule
from loader.sandbox.settings import KnownList, KnownQueue
from loader.workbook.reader.read import read_sheet
from loader.workbook.writer.template import Choices, write_template
from tests.api.samples import WIRE, answer
from tests.load_runs import asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from loader.sandbox.server import Sandbox
    from loader.storage.journal import Journal
    from tests.conftest import Main, MakeSettings, Serve
    from tests.program import Program

LISTS = (KnownList("recall-2026-04", records=1200), KnownList("vip", status="Validating", source="passiveApi"))
QUEUES = (*(KnownQueue(f"Desk {number:02d}") for number in range(23)), KnownQueue("Closed", active=False))


@pytest.fixture
def read(make_settings: MakeSettings, journal: Journal, _hurried: None) -> Callable[[Sandbox], Any]:
    return lambda server: read_inventory(make_settings(server.url), journal)


# From the server


async def test_all_contact_lists_and_the_active_queues_are_read(serve: Serve, read: Callable[[Sandbox], Any]) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES)
    assert await read(server) == Inventory(
        (
            ContactList("recall-2026-04", "Ready", "localDrive", 1200),
            ContactList("vip", "Validating", "passiveApi", 1),
        ),
        [f"Desk {number:02d}" for number in range(23)],
        [],
    )
    assert asked(server) == {"contact-lists": 1, "queues": 3}


@pytest.mark.parametrize("status", [404, 405])
async def test_where_contact_lists_are_not_to_be_posted_for_they_are_got(
    status: int, serve: Serve, read: Callable[[Sandbox], Any]
) -> None:
    server = await serve(rule(operation="contact-lists", times=1, action="refused", status=status), contact_lists=LISTS)
    inventory = await read(server)
    assert [it.name for it in inventory.contact_lists] == ["recall-2026-04", "vip"]
    assert asked(server) == {"contact-lists": 2, "queues": 1}


async def test_queues_without_their_permission_are_a_warning(serve: Serve, read: Callable[[Sandbox], Any]) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES, configuration_scope=False)
    inventory = await read(server)
    assert len(inventory.contact_lists) == 2
    assert inventory.queues is None
    [unread] = inventory.unread
    assert unread.startswith("the queues cannot be read, perhaps the app lacks the scope Configuration: ")


async def test_what_may_pass_by_itself_is_asked_again(serve: Serve, read: Callable[[Sandbox], Any]) -> None:
    server = await serve(
        rule(operation="contact-lists", nth=1, action="server-error", status=503),
        rule(operation="contact-lists", nth=2, action="rate-limited", retry_after="0"),
        rule(operation="queues", nth=1, action="garbled"),
        contact_lists=LISTS,
        queues=QUEUES,
    )
    inventory = await read(server)
    assert (len(inventory.contact_lists), len(inventory.queues), inventory.unread) == (2, 23, [])


async def test_refused_credentials_and_an_answer_garbled_again_and_again_are_errors(
    serve: Serve, read: Callable[[Sandbox], Any], make_settings: MakeSettings, journal: Journal
) -> None:
    server = await serve(rule(operation="contact-lists", action="garbled"), contact_lists=LISTS)
    with pytest.raises(UnansweredError, match="garbled"):
        await read(server)
    assert asked(server) == {"contact-lists": 3}
    with pytest.raises(RefusedError):
        await read_inventory(make_settings(server.url, client_secret="not-the-secret-of-the-demo-app"), journal)


async def test_more_lists_than_a_mebibyte_holds_are_read(serve: Serve, read: Callable[[Sandbox], Any]) -> None:
    server = await serve(contact_lists=tuple(KnownList(f"list {number} {'x' * 60}") for number in range(4000)))
    assert len((await read(server)).contact_lists) == 4000


# In the API's words


def test_the_requests_are_those_of_the_reference() -> None:
    lists, again, queues = WIRE.contact_lists("POST"), WIRE.contact_lists("GET"), WIRE.queues(2)
    path = "/agentassist/api/v1/public/st-1/campaign/contactList/getAllListDetails?type=call"
    assert (lists.method, lists.target, lists.body) == ("POST", path, b"{}")
    assert (again.method, again.target, again.body) == ("GET", path, b"")
    assert (queues.method, queues.target, queues.body) == ("GET", "/agentassist/api/v1/public/st-1/queues?page=2", b"")


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ({"results": [{"name": "A", "isActive": True}], "hasMore": True}, QueuePage(("A",), more=True)),
        ({"results": [{"name": "A"}, {"name": "B", "isActive": False}]}, QueuePage(("A",), more=False)),
        ({"results": [{"name": "A"}], "totalPages": "3"}, QueuePage(("A",), more=True)),
        ({"results": [{"name": "A"}], "hasMore": False, "totalPages": 2}, QueuePage(("A",), more=False)),
        ({"results": [], "hasMore": True, "totalPages": 9}, QueuePage((), more=False)),
    ],
)
def test_another_page_of_queues_follows_where_any_signal_says_so(body: object, page: QueuePage) -> None:
    assert WIRE.queue_page(answer(200, body), number=2) == page


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [{}]}, {"results": [{"name": 3}]}, [], "x"])
def test_queues_that_are_none_are_no_answer(body: object) -> None:
    with pytest.raises(UnansweredError, match="garbled"):
        WIRE.queue_page(answer(200, body), number=1)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": ["a"]}, {"data": [{"name": ""}]}])
def test_contact_lists_that_are_none_are_no_answer(body: object) -> None:
    with pytest.raises(UnansweredError, match="garbled"):
        WIRE.listed_contacts(answer(200, body))


def test_a_refusal_of_either_is_reported_as_any_other() -> None:
    for read in (WIRE.listed_contacts, lambda it: WIRE.queue_page(it, number=1)):
        with pytest.raises(RejectedError, match="no such app"):
            read(answer(400, {"message": "no such app"}))
        with pytest.raises(RejectedError, match="no such app"):
            read(answer(200, {"status": "error", "message": "no such app"}))


# In the template


def test_the_template_offers_the_accounts_names_and_takes_others(tmp_path: Path) -> None:
    choices = Choices({"=recall": "Ready, 1,200 records", "vip": ""}, ("Claims", "Sales", "Support"))
    path = write_template(tmp_path / "live.xlsx", choices)
    book = load_workbook(path)
    assert book.sheetnames == ["Campaigns", "Instructions", "Time zones", "Lists and queues"]
    rules = {str(rule.sqref).partition(":")[0]: rule for rule in book["Campaigns"].data_validations.dataValidation}
    headers = {str(cell.value): get_column_letter(place) for place, cell in enumerate(book["Campaigns"][1], 1)}
    lists, queue = rules[f"{headers['Contact lists']}2"], rules[f"{headers['Queue']}2"]
    assert (lists.type, lists.formula1, lists.errorStyle) == ("list", "'Lists and queues'!$A$2:$A$3", "warning")
    assert (queue.type, queue.formula1, queue.errorStyle) == ("list", "'Lists and queues'!$D$2:$D$4", "warning")
    assert [list(row) for row in book["Lists and queues"].iter_rows(values_only=True)] == [
        ["Contact lists", None, None, "Queues"],
        ["=recall", "Ready, 1,200 records", None, "Claims"],
        ["vip", None, None, "Sales"],
        [None, None, None, "Support"],
    ]
    assert book["Lists and queues"]["A2"].data_type == "s"
    with pytest.raises(WorkbookError, match="no campaign under it"):
        read_sheet(path)


def test_what_the_account_has_none_of_has_no_drop_down(tmp_path: Path) -> None:
    book = load_workbook(write_template(tmp_path / "live.xlsx", Choices({}, ("Claims",))))
    rules = [rule for rule in book["Campaigns"].data_validations.dataValidation if "Lists and" in str(rule.formula1)]
    assert [rule.formula1 for rule in rules] == ["'Lists and queues'!$D$2:$D$2"]


async def test_the_program_fills_them_in_or_says_why_not(
    serve: Serve, program: Callable[..., Program], folder: Path
) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES, configuration_scope=False)
    done = await program(server.url).run("template", "april.xlsx", "--live")
    assert (done.code, done.out) == (0, "Wrote april.xlsx; fill it, then: campaign-loader check april.xlsx\n")
    assert "reading contact lists and queues" in done.err
    assert "perhaps the app lacks the scope Configuration" in done.err
    page = load_workbook(folder / "april.xlsx")["Lists and queues"]
    assert [row[:2] for row in page.iter_rows(min_row=2, values_only=True)] == [
        ("recall-2026-04", "Ready, 1,200 records"),
        ("vip", "Validating, 1 record"),
    ]


def test_without_a_server_there_is_no_live_template(main: Main, folder: Path) -> None:
    done = main("template", "april.xlsx", "--live", LOADER_PATIENCE_SECONDS="0")
    assert done.code == 4
    assert "cannot be reached" in done.err
    assert list(folder.glob("*.xlsx")) == []
