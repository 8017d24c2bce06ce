"""A journal of any age is made today's, or refused in a sentence; nobody but its owner reads it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import loader.storage.database
from loader.errors import JournalError, OutputError
from loader.model.records import Run, State
from loader.model.row import Gone, Outcome, Status
from loader.storage.journal import Journal, open_journal
from loader.storage.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MakeWorkbook

# the journal as version 1 made it, with a run that was killed; never to be changed
VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE workbook (digest VARCHAR NOT NULL, content BLOB NOT NULL, PRIMARY KEY (digest));
INSERT INTO workbook VALUES ('d1', x'504b');
CREATE TABLE run (
    id VARCHAR NOT NULL, account VARCHAR NOT NULL, application VARCHAR NOT NULL, user VARCHAR NOT NULL,
    process INTEGER NOT NULL, file VARCHAR NOT NULL,
    digest VARCHAR NOT NULL, options JSON NOT NULL, started_at DOUBLE NOT NULL, ended_at DOUBLE,
    requests INTEGER NOT NULL, counts JSON, PRIMARY KEY (id)
);
INSERT INTO run VALUES ('r1', 'acc at h', 'app at h', 'kim', 4711, 'a.xlsx', 'd1', '{"sheet": null}', 1.8e9, NULL, 7,
    NULL);
CREATE TABLE campaign (
    application VARCHAR NOT NULL, "key" VARCHAR NOT NULL, name VARCHAR NOT NULL, state VARCHAR NOT NULL,
    digest VARCHAR NOT NULL, body BLOB NOT NULL, clear BOOLEAN NOT NULL, accepted BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL, message VARCHAR NOT NULL, http_status INTEGER, campaign_id VARCHAR,
    campaign_status VARCHAR, since DOUBLE, submitted_at DOUBLE, run VARCHAR NOT NULL,
    held_by VARCHAR NOT NULL, PRIMARY KEY (application, "key")
);
CREATE INDEX ix_campaign_state ON campaign (state);
INSERT INTO campaign VALUES ('app at h', 'spring', 'Spring', 'sending', 'b1', x'7b7d', 1, 0, 1, '', NULL, NULL, NULL,
    1.8e9, NULL, 'r1', 'r1');
CREATE TABLE outcome (
    of_run VARCHAR NOT NULL, "row" INTEGER NOT NULL, name VARCHAR NOT NULL, status VARCHAR NOT NULL,
    message VARCHAR NOT NULL, campaign_id VARCHAR, campaign_status VARCHAR, http_status INTEGER,
    attempts INTEGER NOT NULL, submitted_at DOUBLE, run VARCHAR NOT NULL, PRIMARY KEY (of_run, "row")
);
CREATE TABLE pace (account VARCHAR NOT NULL, next_at DOUBLE NOT NULL, PRIMARY KEY (account));
"""


RUN = Run("r1", "acc at h", "app at h", "kim", 4711, "a.xlsx", "d1", {}, datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "journal.db"


def write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def layout(path: Path) -> set[tuple[str, str, str]]:
    """Table, column and type of everything in it."""
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {(table, col[1], col[2]) for table in tables for col in database.execute(f"PRAGMA table_info({table})")}


def version(path: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.execute("SELECT version FROM schema_version"))


def test_a_journal_that_was_not_there_is_made(path: Path) -> None:
    open_journal(url(path)).close()
    assert version(path) == [(len(MIGRATIONS),)]


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    open_journal(url(path)).close()
    assert version(path) == [(len(MIGRATIONS),)]


def test_a_journal_whose_making_was_cut_short_is_made_to_its_end(path: Path) -> None:
    open_journal(url(path)).close()
    whole = layout(path)
    write(path, "DELETE FROM schema_version; DROP TABLE pace; DROP TABLE outcome")
    open_journal(url(path)).close()
    assert (layout(path), version(path)) == (whole, [(len(MIGRATIONS),)])


def test_a_journal_of_the_first_version_is_brought_up_to_date_and_keeps_all_it_knew(path: Path, folder: Path) -> None:
    write(path, VERSION_1)
    with closing(open_journal(url(path))) as journal:
        record = journal.records("app at h")["spring"]
        [run] = journal.runs()
        assert (record.name, record.state, record.body, record.clear) == ("Spring", State.SENDING, b"{}", True)
        assert (run.id, run.ended_at, run.requests, run.options) == ("r1", None, 7, {"sheet": None})
        assert journal.workbook("d1") == b"PK"
    open_journal(url(folder / "new.db")).close()
    assert layout(path) == layout(folder / "new.db")
    assert version(path) == [(len(MIGRATIONS),)]


def test_a_journal_is_copied_before_it_is_brought_up_to_date_and_the_copy_names_its_version(path: Path) -> None:
    write(path, VERSION_1)
    before = layout(path)
    open_journal(url(path)).close()
    copy = path.with_name(f"{path.name}.version-1")
    assert (layout(copy), version(copy), oct(copy.stat().st_mode & 0o777)) == (before, [(1,)], "0o600")
    with closing(sqlite3.connect(copy)) as database:
        assert list(database.execute("SELECT key, state FROM campaign")) == [("spring", "sending")]
    assert not list(path.parent.glob(".journal-*"))


def test_a_copy_that_was_made_before_an_earlier_trial_is_never_replaced(path: Path) -> None:
    copy = path.with_name(f"{path.name}.version-1")
    for content in (VERSION_1, VERSION_1.replace("'Spring'", "'Later'")):
        path.unlink(missing_ok=True)
        write(path, content)
        kept = copy.read_bytes() if copy.exists() else None
        open_journal(url(path)).close()
        assert kept in (None, copy.read_bytes())
    assert [file.name for file in path.parent.glob("*.version-*")] == [copy.name]


def test_a_new_journal_and_one_of_today_are_not_copied(path: Path) -> None:
    for _ in range(2):
        open_journal(url(path)).close()
    assert not list(path.parent.glob("*.version-*"))


def test_a_journal_of_which_no_copy_can_be_made_is_left_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(target: Path, _write: object) -> None:
        raise OutputError(f"{target} cannot be written: no space left on device")

    write(path, VERSION_1)
    monkeypatch.setattr("loader.storage.database.write_once", full)
    with pytest.raises(JournalError, match=r"has version 1 .* left as it is: .*version-1 cannot be written: no space"):
        open_journal(url(path))
    assert version(path) == [(1,)]


def test_our_words_for_a_campaign_that_is_gone_are_taken_out_of_the_servers_statuses(path: Path) -> None:
    rows = [
        ("A", "Created", "Vanished"),
        ("B", "Not sent", "Deleted"),
        ("C", "Created", "Deleted"),  # the server's own word
        ("D", "Created", "Ready"),
    ]
    insert = "INSERT INTO outcome VALUES ('r1', {}, '{}', '{}', '', 'c', '{}', 200, 1, NULL, 'r1');"
    outcomes = "".join(insert.format(number, *row) for number, row in enumerate(rows))
    vanished = "UPDATE campaign SET state = 'created', campaign_status = 'Vanished';"
    write(path, f"{VERSION_1}{outcomes}{vanished}")
    with closing(open_journal(url(path))) as journal:
        kept = [(it.campaign_status, it.gone, it.shown_status) for it in journal.outcomes("r1")]
        record = journal.records("app at h")["spring"]
    assert kept == [
        (None, Gone.VANISHED, "Vanished"),
        (None, Gone.DELETED, "Deleted"),
        ("Deleted", None, "Deleted"),
        ("Ready", None, "Ready"),
    ]
    assert (record.campaign_status, record.gone) == (None, Gone.VANISHED)


def test_rows_of_a_journal_that_knew_one_sheet_a_run_are_kept_and_the_same_rows_of_two_sheets_distinguished(
    path: Path,
) -> None:
    write(path, VERSION_1)
    write(path, "INSERT INTO outcome VALUES ('r1', 2, 'Spring', 'Created', '', 'c1', NULL, 200, 1, 1.8e9, 'r1')")
    with closing(open_journal(url(path))) as journal:
        [kept] = journal.outcomes("r1")
        assert (kept.sheet, kept.row, kept.name, kept.campaign_id) == ("", 2, "Spring", "c1")
        run = replace(RUN, id="r2")
        rows = [Outcome(2, "A", Status.CREATED, sheet="US"), Outcome(2, "B", Status.REJECTED, sheet="EU")]
        with journal.carrying_out(run, b"PK"):
            journal.end(run, rows)
        assert [(it.sheet, it.row, it.name) for it in journal.outcomes("r2")] == [("EU", 2, "B"), ("US", 2, "A")]


def test_a_journal_that_is_up_to_date_is_left_as_it_is(path: Path) -> None:
    open_journal(url(path)).close()
    before = layout(path)
    open_journal(url(path)).close()
    assert (layout(path), version(path)) == (before, [(len(MIGRATIONS),)])


def test_a_journal_of_a_newer_loader_is_refused_and_left_alone(path: Path) -> None:
    open_journal(url(path)).close()
    write(path, "UPDATE schema_version SET version = 99")
    with pytest.raises(JournalError) as caught:
        open_journal(url(path))
    assert str(caught.value) == (
        f"{path} has journal version 99, made by a newer campaign-loader; this one knows {len(MIGRATIONS)}: "
        "upgrade campaign-loader, or set LOADER_JOURNAL to another file"
    )
    assert caught.value.exit_code == 2
    assert version(path) == [(99,)]


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("these are the minutes of a meeting, and no database\n")
    with pytest.raises(JournalError) as caught:
        open_journal(url(path))
    assert str(caught.value) == f"the journal {path} cannot be read or written: file is not a database"
    assert path.read_text() == "these are the minutes of a meeting, and no database\n"


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    write(path, "CREATE TABLE songs (title TEXT)")
    with pytest.raises(JournalError) as caught:
        open_journal(url(path))
    assert str(caught.value) == f"{path} is a database of another program; set LOADER_JOURNAL to another file"
    assert layout(path) == {("songs", "title", "TEXT")}


@pytest.mark.parametrize(
    "address",
    ["postgresql://me:hush@host/db", "sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///a.db", "mysql+none://x"],
)
@pytest.mark.usefixtures("folder")
def test_a_journal_must_be_a_file_on_this_machine(address: str) -> None:
    with pytest.raises(JournalError) as caught:
        open_journal(address)
    assert str(caught.value) == ("LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db")


def test_an_address_that_is_none_is_reported(folder: Path) -> None:
    assert list(folder.iterdir()) == []
    with pytest.raises(JournalError, match=r"^LOADER_JOURNAL is no database URL such as sqlite:///output/journal\.db$"):
        open_journal("output/journal.db")


def test_a_journal_where_none_can_be_is_reported(path: Path) -> None:
    path.write_text("in the way")
    with pytest.raises(JournalError, match=rf"^the journal {path}/journal\.db cannot be opened: Not a directory$"):
        open_journal(url(path / "journal.db"))
    with pytest.raises(JournalError, match=rf"^the journal {path.parent} cannot be opened: Is a directory$"):
        open_journal(url(path.parent))


@pytest.fixture
def _anybody_may_read() -> Iterator[None]:
    """The umask under which a careless program opens its files to everyone."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.usefixtures("_anybody_may_read")
def test_only_the_owner_reads_the_journal_whatever_the_umask_says(folder: Path) -> None:
    path = folder / "deep" / "inside" / "journal.db"
    with closing(open_journal(url(path))) as journal, journal.carrying_out(RUN, b"PK"):
        journal.take("app at h", RUN, {"spring": "Spring"})
        files = sorted(path.parent.iterdir())
        assert len(files) >= 4
        assert {file.name: mode(file) for file in files} == dict.fromkeys([file.name for file in files], "0o600")
    assert mode(path.parent) == "0o700"
    assert mode(path.parent.parent) == "0o700"


def test_many_that_make_the_same_journal_at_once_all_get_it(path: Path, make_workbook: MakeWorkbook) -> None:
    assert make_workbook(["Spring"]).exists()
    opening = f"from loader.storage.journal import open_journal; open_journal('{url(path)}').close()"
    started = [subprocess.Popen([sys.executable, "-c", opening], stderr=subprocess.PIPE) for _ in range(6)]
    ends = [process.communicate(timeout=60)[1].decode() for process in started]
    assert ends == [""] * 6
    assert version(path) == [(len(MIGRATIONS),)]


# What is at rest is whole


def written(path: Path) -> Journal:
    """A journal that is still open, in which a run has ended just now."""
    journal = open_journal(url(path))
    with journal.carrying_out(RUN, b"PK"):
        journal.take("app at h", RUN, {"spring": "Spring"})
    return journal


def test_when_a_run_has_ended_the_file_alone_is_a_good_copy(folder: Path) -> None:
    with closing(written(folder / "journal.db")):
        content = (folder / "journal.db").read_bytes()  # while the process that wrote it has it open
    (folder / "copied.db").write_bytes(content)
    with closing(open_journal(url(folder / "copied.db"))) as copied:
        assert copied.runs() == [RUN]
        assert copied.records("app at h")["spring"].state is State.OPEN


def test_a_backup_is_whole_while_a_run_writes_and_its_owners_alone(folder: Path) -> None:
    with closing(open_journal(url(folder / "journal.db"))) as journal, journal.carrying_out(RUN, b"PK"):
        journal.take("app at h", RUN, {"spring": "Spring"})
        copy = journal.database.backup(folder / "kept" / "copy.db")
    assert copy == folder / "kept" / "copy.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]
    with closing(open_journal(url(copy))) as copied:
        assert copied.records("app at h")["spring"].name == "Spring"


def test_a_backup_never_goes_over_another_file(folder: Path) -> None:
    (folder / "copy.db").write_text("something else")
    with (
        closing(written(folder / "journal.db")) as journal,
        pytest.raises(OutputError, match=r"copy\.db is there already: name a file that is not$"),
    ):
        journal.database.backup(folder / "copy.db")
    assert (folder / "copy.db").read_text() == "something else"


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / {folder}/share rw,relatime - {kind} server:/export rw
41 40 8:2 / {folder}/share/disk rw,relatime - xfs /dev/sdb1 rw
42 22 0:42 / {folder}/a\\040blank rw - {kind} server:/b rw
"""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
@pytest.mark.parametrize("place", ["share", "share/deeper", "a blank"])
def test_a_journal_on_a_network_file_system_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, place: str
) -> None:
    (folder / "mounts").write_text(MOUNTS.format(folder=folder, kind=kind))
    monkeypatch.setattr(loader.storage.database, "_MOUNTS", folder / "mounts")
    with pytest.raises(JournalError) as caught:
        open_journal(url(folder / place / "journal.db"))
    assert str(caught.value) == (
        f"the journal {folder}/{place}/journal.db is on a network file system ({kind}), where SQLite's locks cannot be "
        "relied on: set LOADER_JOURNAL to a file on a disk of this machine"
    )
    assert not (folder / place).exists()


@pytest.mark.parametrize("place", ["", "share/disk", "share or not"])
def test_a_disk_of_this_machine_is_none_wherever_it_is_mounted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (folder / "mounts").write_text(MOUNTS.format(folder=folder, kind="nfs4"))
    monkeypatch.setattr(loader.storage.database, "_MOUNTS", folder / "mounts")
    open_journal(url(folder / place / "journal.db")).close()


def test_where_the_system_does_not_tell_its_mounts_a_journal_is_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader.storage.database, "_MOUNTS", folder / "none")
    open_journal(url(folder / "journal.db")).close()


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_journal_that_others_can_write_is_closed_to_them(path: Path, mode: int) -> None:
    open_journal(url(path)).close()
    path.chmod(mode)
    open_journal(url(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == mode & ~0o022


@pytest.mark.parametrize("there", [True, False])
def test_a_journal_that_is_a_link_is_refused_and_nothing_is_made_where_it_leads(path: Path, there: bool) -> None:
    other = path.with_name("other.db")
    if there:
        other.touch()
    path.symlink_to(other)
    with pytest.raises(JournalError, match=r"journal\.db is a link, and none is followed: name the file itself$"):
        open_journal(url(path))
    assert other.exists() == there
    assert not there or not other.read_bytes()


def test_a_journal_whose_name_is_too_long_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"^the journal .* cannot be opened: File name too long$"):
        open_journal(f"sqlite:///{tmp_path}/{'a' * 300}/journal.db")
