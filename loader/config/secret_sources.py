"""Secrets that are stored elsewhere, and named by where they are stored."""

from __future__ import annotations

import os


def from_environment(name: str, setting: str) -> str:
    """What the environment variable holds; `setting` is what named it.

    Raises:
        ValueError: nothing, in words that go on from the secret's name.
    """
    secret = os.environ.get(name, "").strip()
    if not secret:
        raise ValueError(f"the environment variable {name} ({setting}) is not set")
    return secret


def from_keyring(name: str, setting: str) -> str:
    """What the system's keyring holds under `service/user`.

    Raises:
        ValueError: nothing, in words that go on from the secret's name.
    """
    service, slash, user = name.rpartition("/")
    if not (service and slash and user):
        raise ValueError(f"its name in the keyring ({setting}) should be SERVICE/USER, such as campaign-loader/eu")
    try:
        import keyring  # noqa: PLC0415 - few have it, and fewer need it
        import keyring.errors  # noqa: PLC0415
    except ImportError as error:
        raise ValueError(f"{setting} needs the library keyring, which is not installed: pip install keyring") from error
    try:
        secret = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise ValueError(f"the keyring ({setting}) cannot be read, is there one, and is it unlocked?") from error
    if not secret:
        raise ValueError(f"the keyring has nothing under {name} ({setting})")
    return secret
