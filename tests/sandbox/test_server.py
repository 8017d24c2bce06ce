"""Starting and stopping; and that the package is an island."""

import ast
import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

import loader.sandbox
from loader.sandbox.context import Backend, Clock
from loader.sandbox.errors import SandboxError
from loader.sandbox.names import KnownNames, names_in
from loader.sandbox.server import Sandbox, serve_forever, serving
from loader.sandbox.settings import DEMO_CLIENT_SECRET, KnownList, KnownQueue, SandboxSettings
from loader.sandbox.store import Store
from tests.sandbox.caller import Caller, Start

SERVE = """
import sys
from pathlib import Path
from loader.sandbox.server import serve_forever
from loader.sandbox.settings import SandboxSettings
serve_forever(SandboxSettings(store_path=Path(sys.argv[1])), lambda url: print(url, flush=True))
print("closed", flush=True)
"""


def test_the_package_imports_nothing_else_of_the_loader() -> None:
    [folder] = loader.sandbox.__path__
    for path in Path(folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path.name
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] != "loader" or name.startswith("loader.sandbox"), f"{path.name}: {name}"


def test_the_demo_secret_is_long_enough_for_every_hmac() -> None:
    assert len(DEMO_CLIENT_SECRET) == 64


async def test_a_free_port_is_found_and_given_back() -> None:
    async with serving(SandboxSettings()) as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        assert (host, port != "0") == ("127.0.0.1", True)
        assert (sandbox.campaigns, list(sandbox.requests), sandbox.largest_window()) == ([], [], 0)
    async with serving(SandboxSettings(port=int(port))) as again:
        assert again.url == sandbox.url


async def test_a_port_in_use_is_reported_in_a_sentence() -> None:
    async with serving(SandboxSettings()) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match=f"cannot listen on 127.0.0.1 port {port}: .*in use"):
            async with serving(SandboxSettings(port=port)):
                raise AssertionError("it must not start")


async def test_the_address_of_an_ip_version_6_host_can_be_used(start: Start) -> None:
    caller = await start(host="::1")
    assert caller.sandbox.url.startswith("http://[::1]:")
    assert (await caller.create()).status == 200


async def test_faults_and_names_can_come_from_files(start: Start, tmp_path: Path) -> None:
    faults, names = tmp_path / "faults.toml", tmp_path / "names.toml"
    faults.write_text("[[rule]]\naction = 'empty'\nnth = 1\n", "utf-8")
    names.write_text(
        "contact_lists = ['one', {name = 'two', status = 'Invalid', source = 'passiveApi', records = 0}]\n"
        "dnc_lists = ['Do not disturb']\n"
        "queues = ['Claims', {name = 'Old', active = false}]\n",
        "utf-8",
    )
    assert names_in(names) == KnownNames(
        (KnownList("one"), KnownList("two", "Invalid", "passiveApi", 0)),
        ("Do not disturb",),
        (KnownQueue("Claims"), KnownQueue("Old", active=False)),
    )
    caller = await start(fault_file=faults, names_file=names, contact_lists=(KnownList("zero"),), strict_names=True)
    assert (await caller.create("Preview", contactLists=["zero", "one"])).raw == b""
    assert (await caller.create(contactLists=["three"])).status == 400
    assert [item["name"] for item in (await caller.send("GET", "/queues")).json["results"]] == ["Claims", "Old"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lists = []", "names.toml: 'lists' is no key; it has contact_lists, dnc_lists, queues"),
        ("dnc_lists = [{name = 'a'}]", "names.toml: {'name': 'a'} is not a name"),
        ("queues = [1]", "names.toml: 1 is neither a name nor a table with a name"),
        ("queues = [{active = true}]", "names.toml: {'active': True} is neither a name nor a table with a name"),
        ("queues = [{name = 'a', on = true}]", "names.toml: on = True is not understood; an entry has name, active"),
        ("contact_lists = [{name = 'a', records = true}]", "names.toml: records = True is not understood"),
        ("contact_lists = 'one'", "names.toml: contact_lists is not an array"),
    ],
)
def test_a_file_of_names_that_makes_no_sense_is_refused_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "names.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SandboxError) as refused:
        names_in(path)
    assert reason in str(refused.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_a_served_sandbox_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    store = tmp_path / "store.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", SERVE, str(store), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    assert url.startswith("http://127.0.0.1:")
    process.send_signal(number)
    rest, _ = await process.communicate()
    assert (rest, process.returncode) == (b"closed\n", 0)


async def test_what_a_killed_sandbox_answered_is_there_after_the_restart(start: Start, tmp_path: Path) -> None:
    store = tmp_path / "store.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(store), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as session:
        nothing = Backend(SandboxSettings(), Clock(), Store(None, app="st-demo"), KnownNames())
        killed = Caller(session, Sandbox(url, nothing, []))
        answered = (await killed.create()).json["data"]["id"]
        process.kill()
        await process.communicate()
    restarted = await start(store_path=store)
    assert [campaign.id for campaign in restarted.sandbox.campaigns] == [answered]


def test_serving_ends_by_a_signal_in_the_same_process() -> None:
    addresses = []

    def ready(url: str) -> None:
        addresses.append(url)
        os.kill(os.getpid(), signal.SIGTERM)

    serve_forever(SandboxSettings(), ready)
    assert len(addresses) == 1


def test_where_the_loop_knows_no_signals_an_interrupt_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise NotImplementedError

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio.SelectorEventLoop, "add_signal_handler", unsupported)
    serve_forever(SandboxSettings(), interrupted)


async def test_five_hundred_creates_over_a_few_connections_are_all_held(caller: Caller) -> None:
    names = iter([f"c{number}" for number in range(500)])

    async def worker() -> None:
        for name in names:
            assert (await caller.create(name=name)).status == 200

    await asyncio.gather(*(worker() for _ in range(8)))
    assert sorted(caller.held()) == sorted(f"c{number}" for number in range(500))
    newest = await caller.listed(limit=3, sortBy={"createdAt": "desc"})
    assert newest.names == caller.held()[:-4:-1]
