"""One signed token for one attempt, and no word about its key (reference 7)."""

from __future__ import annotations

import traceback
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from loader.api.auth import ALGORITHMS, Signer
from loader.errors import SettingsError
from loader.sandbox.auth import TokenGate
from loader.sandbox.errors import RefusedError
from loader.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "a-client-secret-of-sixty-four-characters-0123456789-abcdefghijkl"
NOW = 1_775_000_000.75
PKCS8, PLAIN = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    encryption: serialization.KeySerializationEncryption = PLAIN,
) -> str:
    return key.private_bytes(serialization.Encoding.PEM, PKCS8, encryption).decode()


def public_pem() -> str:
    return (
        rsa_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def signer(algorithm: str = "HS256", key: str | None = None, now: float = NOW) -> Signer:
    key = (SECRET if algorithm.startswith("HS") else pem(rsa_key())) if key is None else key
    return Signer(client_id="cs-1", key=key, algorithm=algorithm, subject="loader", now=lambda: now)


def claims(token: str, algorithm: str) -> dict[str, Any]:
    """The claims as PyJWT reads them with the other half of the key, at any time."""
    key = SECRET if algorithm.startswith("HS") else public_pem()
    return jwt.decode(
        token, key, algorithms=[algorithm], options={"verify_exp": False, "require": ["iat", "exp", "jti", "sub"]}
    )


def test_the_algorithms_are_those_of_the_platform() -> None:
    assert ALGORITHMS == ("HS256", "HS512", "RS256", "RS512")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_holds_the_documented_claims_and_nothing_else(algorithm: str) -> None:
    found = claims(signer(algorithm).token(), algorithm)
    jti = found.pop("jti")
    assert found == {"appId": "cs-1", "sub": "loader", "iat": 1_774_999_940, "exp": 1_775_000_300}
    assert len(jti) == 32
    assert jwt.get_unverified_header(signer(algorithm).token()) == {"alg": algorithm, "typ": "JWT"}


def test_times_are_whole_seconds_and_the_token_lives_well_under_an_hour() -> None:
    found = claims(signer().token(), "HS256")
    assert (type(found["iat"]), type(found["exp"])) == (int, int)
    assert found["iat"] <= NOW < found["exp"]
    assert found["exp"] - found["iat"] == 360


def test_no_two_tokens_share_their_jti() -> None:
    one, other = signer(), signer()
    ids = [claims(maker.token(), "HS256")["jti"] for maker in (one, one, one, other, other)]
    assert len(set(ids)) == 5


def test_every_token_is_of_the_moment_it_is_made_in() -> None:
    times = iter([NOW, NOW, NOW + 3600])
    made = Signer(client_id="cs-1", key=SECRET, algorithm="HS256", subject="loader", now=lambda: next(times))
    assert [claims(made.token(), "HS256")["exp"] for _ in range(2)] == [1_775_000_300, 1_775_003_900]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_stand_in_takes_every_token_once(algorithm: str) -> None:
    settings = SandboxSettings(
        client_id="cs-1", client_secret=SECRET, algorithms=(algorithm,), public_key=public_pem(), require_jti=True
    )
    gate = TokenGate(settings, wall=lambda: NOW)
    made = signer(algorithm)
    for token in [made.token() for _ in range(5)]:
        gate.check(token)
        with pytest.raises(RefusedError, match="possibly a replay"):
            gate.check(token)


@pytest.mark.parametrize("behind", [-59.0, 0.0, 299.0])
def test_a_server_whose_clock_is_off_takes_the_token_all_the_same(behind: float) -> None:
    gate = TokenGate(SandboxSettings(client_id="cs-1", client_secret=SECRET), wall=lambda: NOW + behind)
    gate.check(signer().token())


def test_another_key_does_not_verify_it() -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(signer().token(), SECRET[::-1], algorithms=["HS256"], options={"verify_exp": False})


def test_a_short_secret_is_the_platforms_business() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert signer("HS512", key="short").token()


def broken_pem() -> str:
    lines = pem(rsa_key()).splitlines()
    return "\n".join([*lines[:5], *lines[6:]])


WRONG_KEYS: dict[str, tuple[str, Callable[[], str]]] = {
    "a secret for RSA": ("RS256", lambda: SECRET),
    "nothing for RSA": ("RS256", lambda: ""),
    "a broken file": ("RS256", broken_pem),
    "only the head of a file": ("RS512", lambda: "-----BEGIN PRIVATE KEY-----"),
    "the public half": ("RS256", public_pem),
    "the public half as SSH has it": (
        "RS256",
        lambda: (
            rsa_key()
            .public_key()
            .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
            .decode()
        ),
    ),
    "a key under a password": (
        "RS256",
        lambda: pem(rsa_key(), serialization.BestAvailableEncryption(b"password")),
    ),
    "a key of another kind": ("RS256", lambda: pem(ec.generate_private_key(ec.SECP256R1()))),
    "a key of a third kind": ("RS512", lambda: pem(ed25519.Ed25519PrivateKey.generate())),
    "a private key as a secret": ("HS256", lambda: pem(rsa_key())),
    "a public key as a secret": ("HS512", public_pem),
    "nothing for a secret": ("HS256", lambda: ""),
    "no text at all": ("HS256", lambda: "\udcff" * 40),
    "no text at all for RSA": ("RS256", lambda: "\udcff" * 40),
}


@pytest.mark.parametrize("what", WRONG_KEYS)
def test_a_key_that_cannot_sign_is_a_wrong_setting_and_is_not_shown(what: str) -> None:
    algorithm, key_of = WRONG_KEYS[what]
    key = key_of()
    kind = "private key in PEM form" if algorithm.startswith("RS") else "client secret"
    with pytest.raises(SettingsError) as caught:
        signer(algorithm, key=key)
    assert str(caught.value) == f"KORE_CLIENT_SECRET does not hold a {kind} that {algorithm} can sign with"
    told = "".join(traceback.format_exception(caught.value))
    for line in key.splitlines():
        assert line.startswith("-----") or line not in told


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_look_at_a_signer_shows_its_key(algorithm: str) -> None:
    made = signer(algorithm)
    assert SECRET not in f"{made} {made!r}"
