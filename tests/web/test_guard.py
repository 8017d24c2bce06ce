"""Who is let in: names of this machine, changes from our own pages, and whoever has signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.errors import SettingsError
from loader.web.addresses import must_be_this_machine

if TYPE_CHECKING:
    from tests.web.conftest import Visit

# {port} is the one it listens at
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}"),
    *("127.0.0.1", "localhost", "127.0.0.1:1", "localhost:443", "127.0.0.2:{port}", "0.0.0.0:{port}"),
    *("[::1]", "[::]:{port}", "user@127.0.0.1:{port}", "127.0.0.1:{port}.", "127.1:{port}", "2130706433:{port}"),
]
FOREIGN_ORIGINS = [
    *(None, "null", "", "http://evil.example", "http://evil.example:{port}", "https://127.0.0.1:{port}"),
    *("http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}", "http://127.0.0.1:{port}/"),
    *("http://127.0.0.1:{port}.evil.example", "http://user@127.0.0.1:{port}", "file://", "chrome-extension://a"),
]


def test_there_are_thirty_of_them() -> None:
    assert len(FOREIGN_HOSTS) + len(FOREIGN_ORIGINS) >= 30


async def test_no_other_name_of_a_host_is_answered(visit: Visit) -> None:
    visitor = await visit()
    for host in FOREIGN_HOSTS:
        answer = await visitor.get("/", Host=host.format(port=visitor.port))
        assert answer.status == 403, host
    for host in ("localhost:{port}", "LocalHost:{port}", "[::1]:{port}"):
        assert (await visitor.get("/", Host=host.format(port=visitor.port))).status in (200, 401), host


async def test_no_other_origin_changes_anything(visit: Visit) -> None:
    visitor = await visit()
    for origin in FOREIGN_ORIGINS:
        headers = {} if origin is None else {"Origin": origin.format(port=visitor.port)}
        for method, path in (
            ("POST", "/api/sheets"),
            ("POST", "/sheets"),
            ("POST", "/example"),
            ("PUT", "/api/sheets/a/sheet"),
        ):
            answer = await visitor.ask(method, path, headers=headers, data=b"Campaign name\r\nA\r\n")
            assert answer.status == 403, (origin, path)
    assert "Go on with" not in (await visitor.get("/")).text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "same-origin, cross-site", "nonsense"])
async def test_what_a_browser_says_of_another_site_counts_more_than_the_origin(visit: Visit, site: str) -> None:
    visitor = await visit()
    answer = await visitor.ask("POST", "/example", headers={"Origin": visitor.base, "Sec-Fetch-Site": site})
    assert answer.status == 403


async def test_another_site_may_lead_here_and_take_nothing(visit: Visit) -> None:
    visitor = await visit()
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await visitor.get("/", **link)).status == 200
    for taken in (
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ):
        assert (await visitor.get("/", **{**link, **taken})).status == 403, taken


async def test_every_answer_has_the_headers_that_keep_others_out(visit: Visit) -> None:
    visitor = await visit()
    style = (await visitor.get("/")).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    for path in ("/", style, "/healthz", "/api/sheets/none/grid", "/nothing", "/static/old/none.js"):
        answer = await visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe-" not in policy, path
        assert {"default-src 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"} <= {
            *policy.split("; ")
        }
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Referrer-Policy"] == "same-origin", path
        assert "Server" not in answer.headers, path
        expected = "public, max-age=31536000, immutable" if path == style else "no-store"
        assert answer.headers["Cache-Control"] == expected, path


async def test_a_token_signs_in_once(visit: Visit) -> None:
    visitor = await visit(signed_in=False)
    assert (await visitor.get("/")).status == 401
    assert (await visitor.get("/?token=wrong")).status == 401
    answer = await visitor.sign_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"campaign-loader-{visitor.port}=")
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=43200", "Path=/"} <= {*cookie.split("; ")}
    assert (await visitor.get("/")).status == 200
    visitor.forget()
    assert (await visitor.sign_in()).status == 401


async def test_whoever_is_signed_in_is_so_after_a_restart_until_they_sign_out(visit: Visit) -> None:
    visitor = await visit()
    [cookie] = visitor.cookies.values()
    again = await visit(signed_in=False)
    moved = {f"campaign-loader-{again.port}": cookie}
    assert (await again.ask("GET", "/", cookies=moved)).status == 200
    assert "Signed out" in (await again.ask("POST", "/sign-out", headers={"Origin": again.base}, cookies=moved)).text
    assert (await again.ask("GET", "/", cookies=moved)).status == 401


async def test_nobody_who_is_signed_out_sees_or_changes_anything(visit: Visit) -> None:
    visitor = await visit(signed_in=False)
    routes = [("GET", "/template.xlsx"), ("POST", "/example"), ("POST", "/sheets"), ("GET", "/sheets/0123456789ab")]
    routes += [
        ("POST", "/api/sheets"),
        ("GET", "/api/sheets/0123456789ab/grid"),
        ("PUT", "/api/sheets/0123456789ab/sheet"),
    ]
    for method, path in routes:
        answer = await visitor.ask(method, path, headers={"Origin": visitor.base})
        assert answer.status == 401, path
        assert ("problem+json" in answer.headers["Content-Type"]) == path.startswith("/api/"), path


async def test_a_probe_hears_that_it_is_well_and_nothing_else(visit: Visit) -> None:
    visitor = await visit(signed_in=False)
    answer = await visitor.get("/healthz", Host="10.0.0.7:8080")
    assert (answer.status, answer.text) == (200, "ok")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])  # noqa: S104
def test_it_does_not_listen_where_others_could_reach_it(host: str) -> None:
    with pytest.raises(SettingsError, match="this machine only"):
        must_be_this_machine(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_it_listens_on_this_machine(host: str) -> None:
    assert must_be_this_machine(host) == host
