"""What was created is in the file before anybody hears of it, and is there again after a restart."""

import json
from pathlib import Path

import pytest

from loader.sandbox.errors import SandboxError
from loader.sandbox.store import Campaign, Store
from tests.sandbox.caller import BODY, Hands, Start


def campaign(name: str, app: str = "st-demo") -> Campaign:
    return Campaign(id=f"cd-{name}", name=name, lname=name.lower(), body={}, created_at=1.5, account="demo", app=app)


async def test_a_creation_is_written_with_everything_a_test_may_count(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "made" / "store.jsonl"
    caller = await start(store_path=path, hands=Hands(wall=1775000000.5))
    campaign_id = (await caller.create()).json["data"]["id"]
    [line] = path.read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "event": "created",
        "id": campaign_id,
        "name": "Dental recall April",
        "lname": "dental recall april",
        "body": BODY,
        "created_at": 1775000000.5,
        "account": "demo00000000000000000000",
        "app": "st-demo",
        "ready_at": 1775000001.5,
    }


async def test_a_restarted_sandbox_remembers(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    first = await start(store_path=path)
    ids = [(await first.create(name=name)).json["data"]["id"] for name in ("a", "b", "c")]
    await first.send("DELETE", f"/campaign/{ids[1]}?campaignType=voice")
    second = await start(store_path=path, unique_names=True)
    assert second.held() == ["a", "c"]
    assert second.sandbox.campaigns == first.sandbox.campaigns
    assert (await second.send("GET", f"/campaign/{ids[2]}")).json["data"]["name"] == "c"
    assert [(await second.create(name=name)).status for name in ("A", "B")] == [409, 200]
    third = await start(store_path=path)
    assert third.held() == ["a", "c", "B"]


def test_a_line_cut_short_by_a_kill_is_forgotten_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    first = Store(path, app="st-demo")
    first.add(campaign("a"))
    first.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event": "created", "id": "cd-b"')
    second = Store(path, app="st-demo")
    second.add(campaign("c"))
    second.close()
    third = Store(path, app="st-demo")
    third.close()
    assert [held.name for held in third.oldest_first()] == ["a", "c"]
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_campaigns_of_other_applications_in_the_file_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    other = Store(path, app="st-other")
    other.add(campaign("theirs", app="st-other"))
    other.change(campaign("theirs", app="st-other"), {"run_state": "Stopped"})
    other.remove(campaign("theirs", app="st-other"), at=2.0)
    other.add(campaign("theirs", app="st-other"))
    other.close()
    ours = Store(path, app="st-demo")
    ours.close()
    assert len(ours) == 0
    assert ours.get("cd-theirs") is None
    assert [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()] == [
        "created",
        "changed",
        "deleted",
        "created",
    ]


@pytest.mark.parametrize("line", ["not json", "[]", '"x"', '{"event": "created"}', '{"id": "x"}', "\ufeff{}"])
def test_a_file_of_something_else_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "store.jsonl"
    store = Store(path, app="st-demo")
    store.add(campaign("a"))
    store.close()
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(SandboxError, match=r"^store\.jsonl, line 2 was not written by a sandbox$"):
        Store(path, app="st-demo")


def test_a_place_that_cannot_be_written_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be written: Is a directory"):
        Store(tmp_path, app="st-demo")
