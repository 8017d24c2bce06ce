"""What starts the loader at night: each text is read by the parser it is for, and its command is started for real."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import typer
import yaml

from loader.cli.main import app
from loader.errors import SettingsError
from loader.nightly.schedule import Start, cron, kubernetes, systemd, windows

if TYPE_CHECKING:
    from tests.conftest import Main

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# all that is special to some scheduler or shell
AWKWARD = "a b%c$d 'ü' & (x) #1; {y} <z>"
# a program that says how it was started
TELLING = """#!/bin/sh
{ pwd; printf '%s\\n' "$KORE_APP_ID" "$@"; } > "$0.told"
"""


def tool(*names: str, package: str) -> str:
    """The first of these programs that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing = f"{names[0]} is not installed: `apt-get install --no-install-recommends {package}` (as .ci/run does)"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def start(folder: Path) -> Start:
    """A program in an awkward folder, at work on another one below it."""
    working = folder / AWKWARD
    incoming = working / 'in "coming"'
    incoming.mkdir(parents=True)
    program = working / "campaign-loader"
    program.write_text(TELLING)
    program.chmod(0o755)
    return Start(
        program=(str(program),),
        arguments=("nightly", str(incoming), "--deadline", "06:00"),
        folder=str(incoming),
        working=str(working),
        user="loader",
        at=time(1, 30),
        zone=ZoneInfo("Europe/Berlin"),
    )


# systemd

FAILED = "campaign-loader-failed@.service"


def units(text: str) -> dict[str, str]:
    """The files to save, by name."""
    parts = re.split(
        r"^# Save this part as /etc/systemd/system/([\w.@-]+).*\n(?:^# Have .*\n)?", text, flags=re.MULTILINE
    )
    assert parts[0] == ""
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def analysed(*arguments: str) -> str:
    done = subprocess.run(
        [tool("systemd-analyze", package="systemd"), *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def verified(text: str, folder: Path) -> None:
    saved = []
    for name, unit in units(text).items():
        (folder / name).write_text(unit)
        saved.append(str(folder / name))
    analysed("verify", "--man=no", *saved)


def test_systemd_takes_service_and_timer_without_a_word(start: Start, folder: Path) -> None:
    # systemd itself allows no quote in the path of a program
    bare = folder / AWKWARD.replace("'", "")
    (folder / AWKWARD).rename(bare)
    text = systemd(replace(start, program=(str(bare / "campaign-loader"),), working=str(bare)))
    assert list(units(text)) == [f"{start.name}.service", FAILED, f"{start.name}.timer"]
    verified(text, folder)
    with pytest.raises(AssertionError, match=r"\(1, "):
        verified(text.replace("ü", "u"), folder)


def test_systemd_gets_paths_as_it_reads_them(start: Start) -> None:
    program = ("/opt/100% $new/campaign-loader",)
    service = units(
        systemd(replace(start, program=program, working="/a b%c$d", env_file="/a/*.env", arguments=("x y", 'z"', "$1")))
    )[f"{start.name}.service"].splitlines()
    assert 'ExecStart=":/opt/100%% $new/campaign-loader" "x y" "z\\"" "$1"' in service
    assert "WorkingDirectory=/a b%%c$d" in service
    assert "EnvironmentFile=/a/[*].env" in service
    assert "User=loader" in service


def test_systemd_catches_a_missed_night_up_and_starts_none_beside_another(start: Start) -> None:
    files = units(systemd(replace(start, program=("/bin/true",))))
    assert "Persistent=true" in files[f"{start.name}.timer"].splitlines()
    # a service is one process: what is under way is not started again
    assert "Type=oneshot" in files[f"{start.name}.service"].splitlines()
    assert "EnvironmentFile" not in files[f"{start.name}.service"]


@pytest.mark.parametrize("user", ["loader", "root"])
def test_systemd_gives_the_services_little_to_do_harm_with(start: Start, folder: Path, user: str) -> None:
    services = units(systemd(replace(start, program=("/bin/true",), user=user)))
    for name in (f"{start.name}.service", FAILED):
        (folder / name).write_text(services[name])
        analysed("security", "--offline=yes", "--threshold=30", "--no-pager", str(folder / name))
    (folder / FAILED).write_text(re.sub("(?m)^(Protect|Restrict|System).*\n", "", services[FAILED]))
    with pytest.raises(AssertionError, match=r"\(1, "):
        analysed("security", "--offline=yes", "--threshold=30", "--no-pager", str(folder / FAILED))


def test_systemd_lets_it_write_to_its_own_folders_alone(start: Start) -> None:
    there = replace(start, program=("/bin/true",), working="/srv/100% calls", folder="/srv/100% calls/in")
    there = replace(there, writes=("/srv/100% calls/output", "/var/lib/prom", "/var/lib/../lib/prom/"))
    service = units(systemd(there))[f"{there.name}.service"].splitlines()
    assert 'ReadWritePaths="/srv/100%% calls" /var/lib/prom' in service
    assert "ProtectSystem=strict" in service
    assert "PrivateTmp=yes" in service
    # a folder in /tmp is not to be hidden by one of its own
    shown = systemd(replace(there, folder="/tmp/in")).splitlines()  # noqa: S108
    assert "PrivateTmp=no" in shown
    assert 'ReadWritePaths="/srv/100%% calls" /var/lib/prom /tmp /var/tmp' in shown
    # done and failed get the bits of their folder, the one for its group included
    assert not any(it.startswith("RestrictSUIDSGID=") for it in service)


def test_systemd_starts_what_tells_of_a_night_that_failed(start: Start) -> None:
    files = units(systemd(replace(start, program=("/bin/true",))))
    assert "OnFailure=campaign-loader-failed@%n.service" in files[f"{start.name}.service"].splitlines()
    [line] = re.findall(r"^ExecStart=(.*)$", files[FAILED], re.MULTILINE)
    said = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True)
    assert said.stdout == "%i did not end with 0; see: journalctl --unit=%i\n"


@pytest.mark.parametrize(
    ("zone", "nights"),
    [
        # the clocks change on 28 March: one hour less in between
        ("Europe/Berlin", ["2027-03-27 00:30:00 UTC", "2027-03-28 00:30:00 UTC", "2027-03-28 23:30:00 UTC"]),
        ("Asia/Kolkata", ["2027-03-26 20:00:00 UTC", "2027-03-27 20:00:00 UTC", "2027-03-28 20:00:00 UTC"]),
    ],
)
def test_systemd_keeps_to_the_clock_of_the_zone(start: Start, zone: str, nights: list[str]) -> None:
    timer = units(systemd(replace(start, program=("/bin/true",), zone=ZoneInfo(zone))))[f"{start.name}.timer"]
    [calendar] = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    shown = analysed("calendar", "--iterations=3", "--base-time=2027-03-26 12:00:00 UTC", calendar)
    assert re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", shown) == nights


# cron


def test_cron_takes_the_lines(start: Start, folder: Path) -> None:
    crontab = tool("crontab", package="cron")
    # the dry run has one name in cronie, and another in Debian's cron
    known = subprocess.run([crontab, "-h"], capture_output=True, text=True, check=False)
    check = "-T" if "-T" in known.stdout + known.stderr else "-n"
    for text, code in ((cron(start), 0), (cron(start).replace("\n30 1", "\n30 25"), 1)):
        (folder / "crontab").write_text(text)
        done = subprocess.run([crontab, check, folder / "crontab"], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr


def test_cron_starts_the_program_in_its_folder_with_every_argument_whole(start: Start) -> None:
    zone, line = cron(start).splitlines()[-2:]
    assert zone == "CRON_TZ=Europe/Berlin"
    assert told_by(start, line) == [start.working, "", *start.arguments]


def test_cron_reads_a_file_of_settings_where_one_is_named(start: Start, folder: Path) -> None:
    settings = folder / "the settings.env"
    settings.write_text("KORE_APP_ID='st-1 & 2'\n")
    line = cron(replace(start, env_file=str(settings))).splitlines()[-1]
    assert told_by(start, line) == [start.working, "st-1 & 2", *start.arguments]


def told_by(start: Start, line: str) -> list[str]:
    """Start the command of a line as crontab(5) says, and hear where it was started, and how."""
    *times, command = line.split(" ", 5)
    assert times == ["30", "1", "*", "*", "*"]
    assert "%" not in command.replace(r"\%", "")
    environment = {"HOME": "/", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], env=environment, cwd="/", check=True)
    return Path(f"{start.program[0]}.told").read_text().splitlines()


# Kubernetes


def manifests(start: Start) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The job, and the volume claims, as Kubernetes' own schemas have them.

    1.27: the first with a time zone; a field that is not known there would be dropped without a word.
    """
    job, *claims = yaml.safe_load_all(kubernetes(start, "registry.example.com/campaign-loader:1"))
    for version in ("1.27", kubernetes_validate.latest_version()):
        for manifest in (job, *claims):
            kubernetes_validate.validate(manifest, version, strict=True)
    return job, claims


def cron_job(start: Start) -> tuple[dict[str, Any], dict[str, Any]]:
    """The specification of the job, and its one container."""
    job, _ = manifests(start)
    assert (job["apiVersion"], job["kind"], job["metadata"]) == ("batch/v1", "CronJob", {"name": start.name})
    [container] = pod_of(job)["containers"]
    return job["spec"], container


def pod_of(job: dict[str, Any]) -> Any:  # noqa: ANN401 - as YAML has it
    return job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_kubernetes_starts_one_at_a_time_in_the_zone_and_late_rather_than_never(start: Start) -> None:
    spec, _ = cron_job(replace(start, deadline=time(6, 0)))
    assert spec["schedule"] == "30 1 * * *"
    assert spec["timeZone"] == "Europe/Berlin"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 16_200
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert cron_job(replace(start, at=time(22, 0), deadline=time(6, 0)))[0]["startingDeadlineSeconds"] == 28_800
    assert cron_job(start)[0]["startingDeadlineSeconds"] == 43_200


def test_kubernetes_gets_the_arguments_whole_and_replaces_nothing_in_them(start: Start) -> None:
    _, container = cron_job(replace(start, arguments=("nightly", "/in/$(HOME) 'ü' \"1\": # x", "$$")))
    assert container["command"] == ["campaign-loader"]
    assert container["args"] == ["nightly", "/in/$$(HOME) 'ü' \"1\": # x", "$$$$"]
    assert container["image"] == "registry.example.com/campaign-loader:1"
    [settings] = container["envFrom"]
    assert f"kubectl create secret generic {settings['secretRef']['name']} " in kubernetes(start, "image")


@pytest.mark.parametrize(
    ("folder_of_sheets", "claims"),
    [
        ("/srv/calls/in", {"work": "campaign-loader-calls-3423f8-work"}),
        ("/srv/calls", {"work": "campaign-loader-calls-3423f8-work"}),
        (
            "/srv/calls-of-others",
            {"work": "campaign-loader-calls-3423f8-work", "sheets": "campaign-loader-calls-of-others-f0956c-sheets"},
        ),
    ],
)
def test_kubernetes_mounts_what_outlives_the_night(start: Start, folder_of_sheets: str, claims: dict[str, str]) -> None:
    spec, container = cron_job(replace(start, working="/srv/calls", folder=folder_of_sheets))
    paths = {"work": "/srv/calls", "sheets": folder_of_sheets}
    assert container["workingDir"] == "/srv/calls"
    *mounts, _ = container["volumeMounts"]
    assert mounts == [{"name": it, "mountPath": paths[it]} for it in claims]
    *volumes, _ = spec["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    assert volumes == [{"name": it, "persistentVolumeClaim": {"claimName": claim}} for it, claim in claims.items()]


def test_kubernetes_can_write_to_all_it_writes_to_and_to_nothing_else(start: Start) -> None:
    writes = ("/srv/calls/output", "/var/lib/prom", "/in/status")
    job, claims = manifests(replace(start, working="/srv/calls", folder="/in", writes=writes))
    [container] = pod_of(job)["containers"]
    mounted = {it["name"]: it["mountPath"] for it in container["volumeMounts"]}
    assert mounted == {"work": "/srv/calls", "sheets": "/in", "monitoring-1": "/var/lib/prom", "tmp": "/tmp"}  # noqa: S108
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    claimed = {it["name"]: it.get("persistentVolumeClaim", {}).get("claimName") for it in pod_of(job)["volumes"]}
    assert [claimed.pop("tmp"), *claimed] == [None, "work", "sheets", "monitoring-1"]
    assert [it["metadata"]["name"] for it in claims] == list(claimed.values())
    # one node at a time: the locks of a journal hold on its disk
    assert [it["spec"]["accessModes"] for it in claims] == [["ReadWriteOnce"]] * 3


def breaks_restricted(pod: dict[str, Any]) -> set[str]:
    """What the pod security standard "restricted" refuses in it, as Kubernetes' page of the standards lists it."""
    own = pod.get("securityContext", {})
    volumes = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    broken = {
        "a volume": not volumes
        <= {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "projected", "secret"}
        | {"persistentVolumeClaim"},
        "the host": any(pod.get(it) for it in ("hostNetwork", "hostPID", "hostIPC")),
    }
    for container in pod["containers"]:
        context = {**own, **container.get("securityContext", {})}
        capabilities = context.get("capabilities", {})
        broken |= {
            "escalation": context.get("allowPrivilegeEscalation") is not False,
            "root": context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0,
            "seccomp": context.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"),
            "capabilities": "ALL" not in capabilities.get("drop", []) or "add" in capabilities,
            "privileged": bool(context.get("privileged")),
        }
    return {what for what, is_so in broken.items() if is_so}


def test_kubernetes_starts_it_where_pods_are_restricted(start: Start) -> None:
    pod = pod_of(manifests(start)[0])
    assert breaks_restricted(pod) == set()
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"] == 10001
    assert pod["containers"][0]["resources"]["limits"] == {"memory": "1Gi"}
    # as it was printed before
    bare = {**pod, "securityContext": {}, "containers": [{**pod["containers"][0], "securityContext": {}}]}
    assert breaks_restricted(bare) == {"escalation", "root", "seccomp", "capabilities"}


# Windows

_TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
# from the Task Scheduler Schema: where it has a sequence, in its order; everything else is xs:all
_KNOWN = {
    "Task": {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
    "RegistrationInfo": {"URI", "Source", "Date", "Author", "Version", "Description", "Documentation"},
    "Triggers": {"CalendarTrigger"},
    "ScheduleByDay": {"DaysInterval"},
    "Principals": {"Principal"},
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"},
    "Settings": {
        *("MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "StartWhenAvailable"),
        *("RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden", "ExecutionTimeLimit", "Priority"),
    },
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}
_IN_ORDER = ("Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay")


def task(start: Start, now: datetime = NOW) -> ET.Element:
    text = windows(start, now)
    assert text.isascii()
    return ET.fromstring(text)  # noqa: S314 - our own


def said(root: ET.Element, name: str) -> str | None:
    [found] = root.iter(f"{_TASK}{name}")
    return found.text


ON_WINDOWS = Start(
    program=(r"C:\Program Files\Loader & Söhne\Scripts\campaign-loader.exe",),
    arguments=("nightly", r"D:\calls <new>\100% ü", "--deadline", "06:00"),
    folder=r"D:\calls <new>\100% ü",
    working=r"C:\Loader & Söhne",
    user=r"OFFICE\night",
    at=time(1, 30),
    zone=ZoneInfo("Europe/Berlin"),
)


def test_windows_gets_what_its_schema_allows_in_the_order_it_asks_for() -> None:
    root = task(ON_WINDOWS)
    assert root.attrib == {"version": "1.3"}
    for element in root.iter():
        name = element.tag.removeprefix(_TASK)
        children = [child.tag.removeprefix(_TASK) for child in element]
        assert len(children) == len(set(children))
        if name == "CalendarTrigger":
            *first, last = children
            assert first == [it for it in _IN_ORDER if it in first]
            assert last == "ScheduleByDay"
        else:
            assert set(children) <= _KNOWN.get(name, set()), name
    [actions] = root.iter(f"{_TASK}Actions")
    [principal] = root.iter(f"{_TASK}Principal")
    assert actions.attrib["Context"] == principal.attrib["id"]


def test_windows_starts_one_at_a_time_and_late_rather_than_never() -> None:
    root = task(ON_WINDOWS)
    assert said(root, "MultipleInstancesPolicy") == "IgnoreNew"
    assert said(root, "StartWhenAvailable") == "true"
    assert said(root, "ExecutionTimeLimit") == "PT0S"
    assert said(root, "UserId") == r"OFFICE\night"


def test_windows_gets_every_argument_whole() -> None:
    root = task(ON_WINDOWS)
    assert said(root, "Command") == r"C:\Program Files\Loader & Söhne\Scripts\campaign-loader.exe"
    assert said(root, "Arguments") == r'nightly "D:\calls <new>\100% ü" --deadline 06:00'
    assert said(root, "WorkingDirectory") == r"C:\Loader & Söhne"


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), "2026-11-25T01:30:00+01:00"),
        (datetime(2026, 11, 24, 0, 29, tzinfo=UTC), "2026-11-24T01:30:00+01:00"),
        (datetime(2026, 11, 24, 0, 30, tzinfo=UTC), "2026-11-25T01:30:00+01:00"),
        (datetime(2027, 3, 28, 12, 0, tzinfo=UTC), "2027-03-29T01:30:00+02:00"),
    ],
)
def test_windows_begins_with_the_next_night_and_names_the_offset(now: datetime, begins: str) -> None:
    assert said(task(ON_WINDOWS, now), "StartBoundary") == begins


# names


def names_in(start: Start) -> set[str]:
    """What each scheduler would know it by."""
    saved = [Path(it).stem for it in units(systemd(replace(start, program=("/bin/true",)))) if it != FAILED]
    made = re.findall(r"schtasks /create /tn (\S+)", windows(replace(ON_WINDOWS, folder=start.folder), NOW))
    return {*saved, *made, next(yaml.safe_load_all(kubernetes(start, "image")))["metadata"]["name"]}


def test_each_folder_has_a_name_of_its_own_and_keeps_it(start: Start) -> None:
    first, second = replace(start, folder="/srv/a/Incoming"), replace(start, folder="/srv/b/Incoming")
    assert names_in(first) == {"campaign-loader-incoming-2e2f27"}
    assert names_in(second) == {"campaign-loader-incoming-124afb"}
    later = replace(first, folder="/srv/a/x/../Incoming/", at=time(3, 0), arguments=("nightly", "in", "--expect"))
    assert names_in(later) == names_in(first)


@pytest.mark.parametrize("of_sheets", ["/", "/srv/ü", "/srv/" + "long " * 40, "/srv/-a-_-B.c"])
def test_a_name_is_one_that_every_scheduler_takes(start: Start, of_sheets: str) -> None:
    [name] = names_in(replace(start, folder=of_sheets))
    # a label (RFC 1123), and eleven characters less than one: the job of each night has the name and these
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,50}[a-z0-9])?", name)


def test_two_folders_in_kubernetes_share_no_volume_of_sheets_and_two_accounts_neither_journal_nor_settings(
    start: Start,
) -> None:
    def claims(start: Start) -> set[str]:
        spec, container = cron_job(start)
        volumes = spec["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
        names = {it["persistentVolumeClaim"]["claimName"] for it in volumes if it["name"] != "tmp"}
        return names | {it["secretRef"]["name"] for it in container["envFrom"]}

    first = replace(start, folder="/in/eu", working="/srv/eu")
    assert len(claims(first)) == 3
    assert len(claims(first) & claims(replace(first, folder="/in/us"))) == 2
    assert claims(first) & claims(replace(first, folder="/in/us", working="/srv/us")) == set()
    assert len(claims(first) & claims(replace(first, env_file="/srv/us.env"))) == 2


# what none of them can be told


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"working": "/a\\b"}, r"^/a\\b holds a \\, which (systemd|cron) would not take$"),
        (
            {"working": "/a\nb"},
            r"^'/a\\nb' holds a character that cannot be seen, which (systemd|cron) would not take$",
        ),
    ],
)
def test_a_name_that_no_quoting_makes_safe_is_refused(start: Start, changes: dict[str, str], why: str) -> None:
    for unit in (systemd, cron):
        with pytest.raises(SettingsError, match=why):
            unit(replace(start, **changes))  # type: ignore[arg-type]


def test_each_refuses_what_it_alone_has_no_word_for(start: Start) -> None:
    with pytest.raises(SettingsError, match="systemd starts no program with a quote in its path, and /it's/x has one"):
        systemd(replace(start, program=("/it's/x",)))
    with pytest.raises(SettingsError, match="/a:b holds a colon, which Kubernetes does not take in the path of a vol"):
        kubernetes(replace(start, working="/a:b"), "image")
    with pytest.raises(SettingsError, match=r"would replace what is between % signs, or \$\(...\), in D:\\%a%"):
        windows(replace(ON_WINDOWS, arguments=("nightly", r"D:\%a%")), NOW)
    with pytest.raises(SettingsError, match="the Task Scheduler reads no file of settings"):
        windows(replace(ON_WINDOWS, env_file=r"D:\night.env"), NOW)


# the command

AS_ROOT = (
    "warning: this service would run as root, who owns the whole machine. Give it a user of its own: change the line "
    "User=, or print it as that user.\n"
)


@pytest.mark.parametrize(("user", "said"), [("root", AS_ROOT), ("0", AS_ROOT), ("loader", "")])
def test_a_service_of_root_is_warned_of(
    main: Main, folder: Path, monkeypatch: pytest.MonkeyPatch, user: str, said: str
) -> None:
    (folder / "incoming").mkdir()
    monkeypatch.setattr("loader.execution.new_run.this_user", lambda: user)
    done = main("schedule", "systemd", "incoming")
    assert (done.code, done.err) == (0, said)
    assert ("# root owns the whole machine" in done.out) == bool(said)
    assert f"\nUser={user}\n" in done.out


def test_a_service_may_write_to_where_results_journals_and_metrics_go_in_whatever_profile(
    main: Main, folder: Path
) -> None:
    (folder / "incoming").mkdir()
    (folder / "loader.toml").write_text(
        '[profiles.eu]\noutput = "/srv/eu"\njournal = "sqlite:////srv/journals/eu.db"\n'
    )
    (folder / ".env").write_text("LOADER_OUTPUT=/srv/not-this\n")
    (folder / "night.env").write_text("LOADER_OUTPUT=/srv/this\n")
    written = main(
        "schedule",
        "systemd",
        "incoming",
        "--env-file",
        "night.env",
        "--metrics",
        "/srv/prom/night.prom",
        "--status",
        "/srv/status/eu.json",
    )
    [paths] = re.findall("^ReadWritePaths=(.*)$", written.out, re.MULTILINE)
    # below /tmp, as some test folders are, it is /tmp that is written to
    assert set(paths.split()) - {str(folder), "/tmp", "/var/tmp"} == {  # noqa: S108
        *("/srv/prom", "/srv/status", "/srv/this", "/srv/eu", "/srv/journals"),
    }


def test_the_command_prints_a_unit_for_the_program_that_is_installed(main: Main, folder: Path) -> None:
    (folder / "incoming").mkdir()
    (folder / "loader.toml").write_text("[profiles.eu]\n")
    (folder / "eu.env").touch()
    done = main(
        *("schedule", "systemd", "incoming", "--at", "01:30", "--timezone", "Europe/Berlin"),
        *("--deadline", "06:00", "--profile", "eu", "--env-file", "eu.env"),
        *("--expect", "--log-json", "--metrics", "night.prom"),
    )
    assert (done.code, done.err) == (0, AS_ROOT if os.geteuid() == 0 else "")
    command, _ = re.findall(r"^ExecStart=(.*)$", done.out, re.MULTILINE)
    program, *arguments = command.split()
    assert program.endswith("/campaign-loader")
    assert arguments == [
        *(
            "nightly",
            f"{folder}/incoming",
            "--json",
            "--wait",
            "4h",
            "--deadline",
            "06:00",
            "--timezone",
            "Europe/Berlin",
        ),
        *("--profile", "eu", "--metrics", f"{folder}/night.prom", "--expect", "--log-json"),
    ]
    assert f"WorkingDirectory={folder}" in done.out
    assert f"EnvironmentFile={folder}/eu.env" in done.out
    verified(done.out, folder)


EVERY_OPTION = {
    "--sheet": "Spring 2026",
    "--all-sheets": None,
    "--profile": "eu",
    "--deadline": "06:00",
    "--timezone": "Europe/Berlin",
    "--late": "3.5",
    "--expect": None,
    "--metrics": "/srv/night.prom",
    "--status": "/srv/night.json",
    "--ready-marker": None,
    "--wait": "30m",
    "--set": "Timezone=Asia/Kolkata",
    "--mapping": "FOLDER/their.toml",
    "--country": "US",
    "--skip-preflight": "queues",
    "--canary": "0",
    "--log-json": None,
    "--log-level": "debug",
    "--json": None,
}


def test_every_option_of_nightly_is_passed_on(main: Main, folder: Path) -> None:
    (folder / "incoming").mkdir()
    (folder / "their.toml").touch()
    (folder / "loader.toml").write_text("[profiles.eu]\n")
    nightly_command: Any = typer.main.get_command(app).commands["nightly"]  # type: ignore[attr-defined]
    known = {option for parameter in nightly_command.params for option in parameter.opts}
    assert {option for option in known if option.startswith("--")} - {"--help"} == set(EVERY_OPTION)
    given = {option: value and value.replace("FOLDER", str(folder)) for option, value in EVERY_OPTION.items()}
    typed = [word for option, value in given.items() for word in (option, value) if word and word != "--json"]
    shown = main("schedule", "cron", "incoming", "--at", "01:30", *typed)
    assert (shown.code, shown.err) == (0, "")
    _, _, command = shown.out.splitlines()[-1].partition(" exec ")
    _, nightly, where, *passed = shlex.split(command.replace(r"\%", "%"))
    assert (nightly, where) == ("nightly", f"{folder}/incoming")
    assert Counter(passed) == Counter([*typed, "--json"])
    for option, value in given.items():
        assert value is None or passed[passed.index(option) + 1] == value


def test_what_can_be_given_several_times_is_passed_on_as_often(main: Main, folder: Path) -> None:
    (folder / "incoming").mkdir()
    shown = main("schedule", "cron", "incoming", "--sheet", "US", "--sheet", "EU", "--set", "A=1", "--set", "B=%2")
    assert "--sheet US --sheet EU --set A=1 --set B=" in shown.out


@pytest.mark.parametrize(("deadline", "late"), [("23:30", "1.5"), ("13:30", "11.5"), ("13:00", ""), ("06:00", "")])
def test_a_night_that_is_meant_to_begin_soon_after_the_last_deadline_says_so(
    main: Main, folder: Path, deadline: str, late: str
) -> None:
    (folder / "incoming").mkdir()
    shown = main("schedule", "cron", "incoming", "--at", "01:00", "--deadline", deadline).out
    assert re.findall(r"--late (\S+)", shown) == ([late] if late else [])


def test_the_line_for_cron_loads_what_is_in_the_folder(main: Main, folder: Path) -> None:
    incoming = folder / AWKWARD / "100% new"
    incoming.mkdir(parents=True)
    line = main(
        *("schedule", "cron", incoming, "--deadline", "06:00", "--metrics", folder / "night.prom")
    ).out.splitlines()[-1]
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    shown = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, cwd="/")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout)["exit_code"] == 0
    assert re.search(r"campaign_loader_nightly_exit_code\{.*\} 0\n", (folder / "night.prom").read_text())
    (incoming / "april.csv").write_text("no header row\n")
    os.utime(incoming / "april.csv", (0, 0))
    shown = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, cwd="/")
    assert shown.returncode == 2
    assert "KORE_HOST is missing" in shown.stdout


@pytest.mark.parametrize("scheduler", ["systemd", "cron", "kubernetes", "windows"])
def test_each_states_time_and_zone_and_holds_no_secret(main: Main, folder: Path, scheduler: str) -> None:
    (folder / "incoming").mkdir()
    done = main("schedule", scheduler, "incoming", LOADER_SMTP_PASSWORD="hush")
    assert done.code == 0
    assert re.search(r"01:[0-5]\d in UTC|timeZone: UTC", done.out)
    assert "hush" not in done.out
    assert "nightly" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cron", "none"], "/none: make it, or name the one that workbooks are put into"),
        (["windows", ".", "--profile", "eu"], "--profile eu: right: a profile of loader.toml in /"),
        (["cron", ".", "--env-file", "night.env"], "/night.env; right: the file with the settings"),
        (["cron", ".", "--mapping", "their.toml"], "/their.toml; right: the file with the mapping"),
        (["cron", ".", "--set", "Timezone"], "--set 'Timezone': should be HEADER=VALUE"),
        (["windows", ".", "--env-file", "night.env"], "the Task Scheduler reads no file of settings"),
        (["cron", ".", "--image", "a:1"], "--image a:1: cron starts no container; leave it out, it is for kubernetes"),
        (["systemd", ".", "--image", "a:1"], "--image a:1: systemd starts no container; leave it out"),
        (["windows", ".", "--image", "a:1"], "--image a:1: windows starts no container; leave it out"),
        (["cron", ".", "--at", "1:30"], "--at '1:30': should be a time from 00:00 to 23:59, such as 06:00"),
        (["cron", ".", "--deadline", "24:00"], "--deadline '24:00': should be a time from 00:00 to 23:59"),
        (["cron", ".", "--timezone", "Berlin"], "--timezone 'Berlin': should be a name of the tz database such as"),
        (
            ["cron", ".", "--at", "02:30", "--timezone", "Europe/Berlin"],
            "the clocks of Europe/Berlin skip it, and that night would be left out; right: a time that every day",
        ),
    ],
)
def test_what_cannot_be_scheduled_is_said(main: Main, arguments: list[str], said: str) -> None:
    done = main("schedule", *arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""
