"""One signed token for one attempt (API reference, section 7)."""

from __future__ import annotations

import json
import secrets
import time
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import jwt
from jwt.algorithms import HMACAlgorithm

from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

ALGORITHMS = ("HS256", "HS512", "RS256", "RS512")
# the server's clock may be behind ours; and a token with a jti may live one hour at most
_BACKDATED_SECONDS = 60
_LIFETIME_SECONDS = 300
# outside of that a token of ours is refused by a server whose clock is right
AHEAD, BEHIND = timedelta(seconds=_BACKDATED_SECONDS), timedelta(seconds=_LIFETIME_SECONDS)


class _PreparedSecret(HMACAlgorithm):
    """Signs with a secret that was looked at once: PyJWT looks at it for every token, which takes half of its time."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key if isinstance(key, bytes) else super().prepare_key(key)


class Signer:
    """Signs with a client secret (HS*) or a private key in PEM form (RS*).

    Raises:
        SettingsError: the key does not fit the algorithm. The message never holds any of the key.
    """

    def __init__(
        self, *, client_id: str, key: str, algorithm: str, subject: str, now: Callable[[], float] = time.time
    ) -> None:
        self._claims = {"appId": client_id, "sub": subject}
        self._algorithm = algorithm
        self._now = now
        self._jws = jwt.PyJWS()
        # the length of a secret is chosen by the platform, and nobody here can change it
        warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)
        try:
            # parsed once: a PEM key costs more to parse than a token to sign
            signing = jwt.get_algorithm_by_name(algorithm)
            self._key = signing.prepare_key(key)
            if isinstance(signing, HMACAlgorithm):
                self._jws.unregister_algorithm(algorithm)
                self._jws.register_algorithm(algorithm, _PreparedSecret(signing.hash_alg))
            self.token()
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:  # the last: a public key
            kind = "private key in PEM form" if algorithm.startswith("RS") else "client secret"
            raise SettingsError(f"KORE_CLIENT_SECRET does not hold a {kind} that {algorithm} can sign with") from error

    def token(self) -> str:
        """A new token: `iat` a little in the past, `exp` a few minutes ahead, a `jti` never used before."""
        now = int(self._now())
        claims = {
            **self._claims,
            "iat": now - _BACKDATED_SECONDS,
            "exp": now + _LIFETIME_SECONDS,
            "jti": secrets.token_hex(16),
        }
        return self._jws.encode(
            json.dumps(claims, separators=(",", ":")).encode(), self._key, algorithm=self._algorithm
        )

    def clock_fault(self, server: datetime | None) -> str:
        """Why the clock of this machine makes a server refuse tokens; blank where it does not, or nobody knows.

        `server`: the time by its last answer.
        """
        off = timedelta(0) if server is None else datetime.fromtimestamp(self._now(), UTC) - server
        if -BEHIND <= off <= AHEAD:
            return ""
        seconds = f"{abs(off.total_seconds()):.0f} s {'ahead of' if off > timedelta(0) else 'behind'} the server's"
        return f"the clock of this machine is {seconds}: let it set its clock by the network (NTP)"
