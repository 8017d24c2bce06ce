"""What is judged before a body is looked at: headers, token (reference 7), permission, rate."""

from collections.abc import Callable
from typing import Any

import jwt
from multidict import CIMultiDictProxy

from loader.sandbox.context import Clock
from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import JsonObject
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.traffic import Arrival, RateLimit

_HOUR = 3600.0
_LEEWAY = 5.0
_FAR = 1e11
# the times are judged here, by the sandbox's own clock
_SIGNATURE_ONLY: Any = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
}


class TokenGate:
    """Remembers every `jti` until its token has expired."""

    def __init__(self, settings: SandboxSettings, *, wall: Callable[[], float]) -> None:
        self._settings = settings
        self._wall = wall
        self._seen: dict[str, float] = {}
        self._sweep_at = 4096

    def check(self, token: str | None) -> None:
        """Refuse the token with 401, or count its `jti` as used."""
        if not token:
            raise RefusedError(401, "auth header is missing")
        if token[:7].lower() == "bearer ":
            raise RefusedError(401, "auth header must be the JWT alone, without the word Bearer")
        claims = self._signed_claims(token)
        if claims.get("appId") != self._settings.client_id:
            raise RefusedError(401, "auth: claim appId of the JWT is not the Client ID")
        now = self._wall()
        self._check_times(claims, now)
        self._check_jti(claims, now)

    def _signed_claims(self, token: str) -> JsonObject:
        settings = self._settings
        try:
            # the key follows the family of the algorithm, so the public key is never taken for a shared secret
            rsa = settings.public_key is not None and str(jwt.get_unverified_header(token).get("alg")).startswith("RS")
            key = settings.public_key if rsa else settings.client_secret
            claims: JsonObject = jwt.decode(token, key or "", algorithms=settings.algorithms, options=_SIGNATURE_ONLY)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:  # the latter two for text no token is made of
            raise RefusedError(401, f"auth: JWT is not valid: {error}") from error
        return claims

    def _check_times(self, claims: JsonObject, now: float) -> None:
        for claim in ("exp", "iat", "nbf"):
            if claim in claims and not _is_time(claims[claim]):
                raise RefusedError(401, f"auth: claim {claim} of the JWT is not a number of seconds")
        if "exp" in claims and claims["exp"] <= now:
            raise RefusedError(401, "auth: JWT is expired, see its claim exp")
        if claims.get("iat", now) > now + _LEEWAY:
            raise RefusedError(401, "auth: claim iat of the JWT is in the future")
        if claims.get("nbf", now) > now + _LEEWAY:
            raise RefusedError(401, "auth: claim nbf of the JWT is in the future")

    def _check_jti(self, claims: JsonObject, now: float) -> None:
        jti = claims.get("jti", claims.get("kore_jti"))
        if jti is None:
            if self._settings.require_jti:
                raise RefusedError(401, "auth: JWT has no jti, and this application enforces it")
            return
        if not isinstance(jti, str) or not jti:
            raise RefusedError(401, "auth: claim jti of the JWT is not a string")
        expires = claims.get("exp")
        if expires is None or expires - now > _HOUR or expires - claims.get("iat", now) > _HOUR:
            raise RefusedError(401, "auth: JWT with a jti must have an exp, and exp must be <= 1 hour(s)")
        if jti in self._seen:
            raise RefusedError(401, "auth: JWT with this jti was used before, possibly a replay")
        self._seen[jti] = expires
        self._sweep(now)

    def _sweep(self, now: float) -> None:
        if len(self._seen) >= self._sweep_at:
            self._seen = {jti: expires for jti, expires in self._seen.items() if expires > now}
            self._sweep_at = max(4096, 2 * len(self._seen))


def _is_time(value: object) -> bool:
    """NaN, which the JWT library lets pass, is no time either."""
    return type(value) in (int, float) and 0 <= value < _FAR  # type: ignore[operator]


Headers = CIMultiDictProxy[str]


class AccessCheck:
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

    def check(self, headers: Headers, *, app: str, scope: str, wait: int | None) -> None:
        """Refuse, or return."""
        self._check_identity(headers, app=app, iid_needed=scope == "Campaign Management")
        # a throttled token is used up like any other: every attempt needs a new one
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
