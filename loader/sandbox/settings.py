"""Everything about a sandbox that can be chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loader.sandbox.errors import SandboxError
from loader.sandbox.faults import Rule

DEMO_APP_ID = "st-demo"
DEMO_ACCOUNT_ID = "demo00000000000000000000"
DEMO_CLIENT_ID = "cs-demo"
# 64 bytes: HS512 wants a key as long as its digest (RFC 7518 3.2), and PyJWT warns below that
DEMO_CLIENT_SECRET = "demo-secret-of-the-local-sandbox-it-opens-nothing-anywhere-else!"  # noqa: S105  a demo value

_HMAC = frozenset({"HS256", "HS512"})
_RSA = frozenset({"RS256", "RS512"})


@dataclass(frozen=True, slots=True)
class KnownList:
    """A contact list of the account, as the API lists it (reference 5.4)."""

    name: str
    status: str = "Ready"
    source: str = "localDrive"
    records: int = 1


@dataclass(frozen=True, slots=True)
class KnownQueue:
    """A queue of the application, as the API lists it (reference 5.5)."""

    name: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """A sandbox; without a word said, a well-behaved one that takes the demo credentials and keeps nothing on disk."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 picks a free one."""

    app_id: str = DEMO_APP_ID
    account_id: str = DEMO_ACCOUNT_ID
    client_id: str = DEMO_CLIENT_ID
    client_secret: str = DEMO_CLIENT_SECRET
    algorithms: tuple[str, ...] = ("HS256", "HS512")
    public_key: str | None = None
    """PEM text; needed for RS256 and RS512."""
    require_jti: bool = False
    campaign_scope: bool = True
    configuration_scope: bool = True
    """Queues need this second scope (reference 5.5)."""

    rate_per_minute: int = 60
    """0 switches the limit off."""
    send_retry_after: bool = False

    unique_names: bool = False
    duplicate_status: Literal[400, 409] = 409
    prepare_seconds: float = 1.0
    list_lag_seconds: float = 0.0
    largest_list_limit: int | None = None
    """A `limit` above this is quietly lowered to it, as servers do."""
    success_status: int = 200
    answer_variant: Literal["documented", "full", "id-only"] = "documented"
    """Of v1: `full` is V-A and `id-only` V-B for every mode (reference 1.3)."""

    dnc_required: bool = False
    """Refuse every create of v1, which cannot name a DNC list (reference 9.5)."""
    machine_detect_echo: Literal["documented", "as-sent"] = "documented"
    """Of v2's Agentless: `false` after a create and nothing else, as in the samples, or the word that was sent."""

    contact_lists: tuple[KnownList, ...] = ()
    dnc_lists: tuple[str, ...] = ()
    """Beside the one that every account has."""
    queues: tuple[KnownQueue, ...] = ()
    names_file: Path | None = None
    """A file of more lists and queues, see names_file.py."""
    strict_names: bool = False
    """Refuse lists, DNC lists and queues that are not among these."""

    fault_rate: float = 0.0
    fault_seed: int = 0
    fault_seconds: float = 5.0
    """How long a random fault hangs or is slow."""
    fault_rules: tuple[Rule, ...] = ()
    fault_file: Path | None = None

    store_path: Path | None = None
    log_path: Path | None = None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.algorithms) - _HMAC - _RSA)
        if unknown:
            raise SandboxError(f"{', '.join(unknown)} is no algorithm of the API; it has HS256, HS512, RS256, RS512")
        if _RSA & set(self.algorithms) and self.public_key is None:
            raise SandboxError("RS256 and RS512 need public_key, the text of a PEM file")
        if not 0 <= self.fault_rate <= 1:
            raise SandboxError(f"fault_rate is a share between 0 and 1, not {self.fault_rate}")
        if self.rate_per_minute < 0:
            raise SandboxError(f"rate_per_minute is 0 or more, not {self.rate_per_minute}")
