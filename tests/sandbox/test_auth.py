"""Which tokens are accepted (reference 7), and in which shape the others are refused (8.2)."""

import base64
import time
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loader.sandbox.auth import TokenGate
from loader.sandbox.errors import RefusedError, SandboxError
from loader.sandbox.settings import KnownQueue, SandboxSettings
from tests.sandbox.caller import Answer, Caller, Start, token

NOW = 1775000000.0


def gate(**settings: object) -> TokenGate:
    return TokenGate(SandboxSettings(**settings), wall=lambda: NOW)  # type: ignore[arg-type]


def refusal_of(made: TokenGate, text: str | None) -> str:
    with pytest.raises(RefusedError) as refused:
        made.check(text)
    assert refused.value.status == 401
    [reason] = refused.value.reasons
    return reason


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": None},
        {"iat": None},
        {"iat": NOW + 4},
        {"iat": NOW, "exp": NOW + 3600},
        {"jti": None, "exp": None, "iat": None},
        {"jti": None, "exp": NOW + 86400},
        {"jti": None, "kore_jti": "k1"},
        {"iss": "cs-demo", "aud": "https://idproxy.kore.ai/authorize"},
        {"nbf": NOW - 5},
    ],
)
def test_a_good_token_is_taken(claims: Mapping[str, Any]) -> None:
    gate().check(token(now=NOW, **claims))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"appId": None}, "auth: claim appId of the JWT is not the Client ID"),
        ({"appId": "CS-DEMO"}, "auth: claim appId of the JWT is not the Client ID"),
        ({"appId": None, "appid": "cs-demo"}, "auth: claim appId of the JWT is not the Client ID"),
        ({"exp": NOW}, "auth: JWT is expired, see its claim exp"),
        ({"exp": None}, "auth: JWT with a jti must have an exp, and exp must be <= 1 hour(s)"),
        ({"exp": NOW + 3601}, "auth: JWT with a jti must have an exp, and exp must be <= 1 hour(s)"),
        ({"exp": NOW + 3600, "iat": NOW - 1}, "auth: JWT with a jti must have an exp, and exp must be <= 1 hour(s)"),
        ({"iat": NOW + 6}, "auth: claim iat of the JWT is in the future"),
        ({"nbf": NOW + 6}, "auth: claim nbf of the JWT is in the future"),
        ({"exp": str(NOW + 300)}, "auth: claim exp of the JWT is not a number of seconds"),
        ({"exp": float("nan")}, "auth: claim exp of the JWT is not a number of seconds"),
        ({"exp": 10**400}, "auth: claim exp of the JWT is not a number of seconds"),
        ({"iat": True}, "auth: claim iat of the JWT is not a number of seconds"),
        ({"jti": ""}, "auth: claim jti of the JWT is not a string"),
        ({"jti": None, "kore_jti": 7}, "auth: claim jti of the JWT is not a string"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(claims: Mapping[str, Any], reason: str) -> None:
    assert refusal_of(gate(), token(now=NOW, **claims)) == reason


def test_a_token_must_be_there_alone_and_rightly_signed() -> None:
    assert refusal_of(gate(), None) == "auth header is missing"
    assert refusal_of(gate(), "") == "auth header is missing"
    assert refusal_of(gate(), f"Bearer {token(now=NOW)}") == (
        "auth header must be the JWT alone, without the word Bearer"
    )
    assert refusal_of(gate(), "nonsense") == "auth: JWT is not valid: Not enough segments"
    assert "JWT is not valid" in refusal_of(gate(), "\udcff.\udcff.\udcff")
    assert "JWT is not valid" in refusal_of(gate(), base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30")
    assert "Signature verification failed" in refusal_of(gate(), token(now=NOW, secret="x" * 64))
    assert "alg" in refusal_of(gate(), jwt.encode({"appId": "cs-demo"}, "", algorithm="none"))


def test_only_the_algorithms_of_the_application_are_taken() -> None:
    gate().check(token(now=NOW, algorithm="HS512"))
    assert "alg" in refusal_of(gate(algorithms=("HS256",)), token(now=NOW, algorithm="HS512"))
    assert "alg" in refusal_of(gate(), token(now=NOW, algorithm="HS384"))


@pytest.mark.parametrize("algorithm", ["RS256", "RS512"])
def test_an_rsa_application_takes_tokens_of_its_private_key(algorithm: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = gate(algorithms=(algorithm, "HS256"), public_key=public.decode())
    made.check(token(private, algorithm, now=NOW))
    made.check(token(now=NOW))
    only = gate(algorithms=(algorithm,), public_key=public.decode())
    assert "alg" in refusal_of(only, token(now=NOW))
    assert "JWT is not valid" in refusal_of(only, "nonsense")
    assert "JWT is not valid" in refusal_of(only, "e30.e30.")  # a head without alg


def test_a_jti_is_taken_once_whatever_its_claim_is_called() -> None:
    made = gate()
    made.check(token(now=NOW, jti="one"))
    assert refusal_of(made, token(now=NOW, jti="one")).endswith("possibly a replay")
    assert refusal_of(made, token(now=NOW, jti=None, kore_jti="one")).endswith("possibly a replay")
    made.check(token(now=NOW, jti="two"))


def test_without_a_jti_a_token_can_be_used_again_unless_the_application_enforces_it() -> None:
    text = token(now=NOW, jti=None)
    free, enforced = gate(), gate(require_jti=True)
    free.check(text)
    free.check(text)
    assert refusal_of(enforced, text) == "auth: JWT has no jti, and this application enforces it"


def test_a_jti_is_remembered_until_its_token_has_expired() -> None:
    now = [NOW]
    made = TokenGate(SandboxSettings(), wall=lambda: now[0])
    for number in range(4095):
        made.check(token(now=NOW, jti=str(number)))
    now[0] = NOW + 301
    made.check(token(now=now[0], jti="last"))
    assert set(made._seen) == {"last"}


async def test_a_refused_token_creates_nothing_and_says_so_in_the_documented_shape(caller: Caller) -> None:
    jti = uuid.uuid4().hex
    text = token(jti=jti)

    async def listed(auth: str) -> Answer:
        return await caller.send(
            "POST", "/campaign/getAllCampaignDetails", headers={"auth": auth}, json={"type": "voice"}
        )

    assert (await listed(text)).status == 200
    replayed = await listed(text)
    assert (replayed.status, replayed.json) == (
        401,
        {"errors": [{"msg": "auth: JWT with this jti was used before, possibly a replay", "code": 401}]},
    )
    assert "1 hour(s)" in (await listed(token(exp=time.time() + 7200))).reasons


async def test_a_throttled_request_uses_up_its_token(start: Start) -> None:
    caller = await start(rate_per_minute=1)
    text = token()
    await caller.listed()
    sent = {"headers": {"auth": text}, "json": {"type": "voice"}}
    assert (await caller.send("POST", "/campaign/getAllCampaignDetails", **sent)).status == 429  # type: ignore[arg-type]
    assert (await caller.send("POST", "/campaign/getAllCampaignDetails", **sent)).status == 401  # type: ignore[arg-type]


async def test_an_application_without_the_scope_gets_403(start: Start) -> None:
    without = await start(campaign_scope=False, queues=(KnownQueue("Claims"),))
    answer = await without.create()
    assert (answer.status, answer.reasons) == (403, "the JWT app lacks the scope Campaign Management")
    assert (await without.send("GET", "/queues")).status == 200
    plain = await start(configuration_scope=False)
    answer = await plain.send("GET", "/queues")
    assert (answer.status, answer.reasons) == (403, "the JWT app lacks the scope Configuration")
    assert (await plain.create()).status == 200


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"algorithms": ("HS256", "none")}, "none is no algorithm of the API; it has HS256, HS512, RS256, RS512"),
        ({"algorithms": ("RS256",)}, "RS256 and RS512 need public_key, the text of a PEM file"),
        ({"fault_rate": 1.5}, "fault_rate is a share between 0 and 1, not 1.5"),
        ({"rate_per_minute": -1}, "rate_per_minute is 0 or more, not -1"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(SandboxError) as refused:
        SandboxSettings(**settings)  # type: ignore[arg-type]
    assert str(refused.value) == reason
