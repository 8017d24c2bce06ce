"""What is judged before a body is looked at: headers, token, permission, rate."""

from multidict import CIMultiDictProxy

from loader.sandbox.auth import TokenGate
from loader.sandbox.clock import Clock
from loader.sandbox.errors import RefusedError
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.traffic import Arrival, RateLimit

Headers = CIMultiDictProxy[str]


class Admission:
    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self._settings = settings
        self._tokens = TokenGate(settings, wall=clock.wall)
        self._rate = RateLimit(settings.rate_per_minute)
        self._scopes = {
            "Campaign Management": settings.campaign_scope,
            "Configuration": settings.configuration_scope,
        }

    def seconds_to_wait(self, arrival: Arrival) -> int | None:
        """Count a request, whatever becomes of it; None means that it is within the rate limit."""
        return self._rate.seconds_to_wait(arrival)

    def admit(self, headers: Headers, *, app: str, scope: str, wait: int | None) -> None:
        """Refuse, or return."""
        self._check_identity(headers, app=app, iid_needed=scope == "Campaign Management")
        # a throttled token is used up like any other: every attempt needs a fresh one
        self._tokens.check(headers.get("auth"))
        if headers["accountId"] != self._settings.account_id:
            raise RefusedError(403, "accountId is not the account of this application")
        if wait is not None:
            raise self._throttled(wait)
        if not self._scopes[scope]:
            raise RefusedError(403, f"the JWT app lacks the scope {scope}")

    def _check_identity(self, headers: Headers, *, app: str, iid_needed: bool) -> None:
        """Queues are the one page without `iid` (reference 5.5)."""
        for name in ("auth", "iid", "accountId"):
            if len(headers.getall(name, [])) > 1:
                raise RefusedError(400, f"header {name} is sent twice")
        if "accountId" not in headers:
            raise RefusedError(400, "header accountId is missing")
        if "iid" not in headers and iid_needed:
            raise RefusedError(400, "header iid is missing")
        if headers.get("iid", app) != app:
            raise RefusedError(400, "header iid is not the application of the path")
        if app != self._settings.app_id:
            raise RefusedError(404, "appId of the path is no application here")

    def _throttled(self, wait: int) -> RefusedError:
        text = f"account exceeded the per-minute rate limit of {self._settings.rate_per_minute} requests"
        headers = {"Retry-After": str(max(wait, 1))} if self._settings.send_retry_after else {}
        return RefusedError(429, text, headers=headers)


def json_typed(headers: Headers) -> bool:
    """Tell whether this is `application/json`, with charset UTF-8 at most (reference 1.1)."""
    kind, _, charset = headers.get("Content-Type", "").lower().replace(" ", "").partition(";")
    return kind == "application/json" and charset in ("", "charset=utf-8")
