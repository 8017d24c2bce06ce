"""The accounts that several runs of one process are for: settings and journal of each profile, set up once."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.api.listing import KnownCampaigns
from loader.config.settings import read_settings
from loader.errors import JournalError, LoaderError, SettingsError
from loader.storage.journal import open_journal
from loader.workbook.mapping import NOTHING_RENAMED, Renaming, dialled_in, read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.config.settings import Settings
    from loader.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class Account:
    settings: Settings
    journal: Journal
    renaming: Renaming
    known: KnownCampaigns
    """What the runs of one night read of the campaign list, one after the other."""


class Accounts:
    """Journals are open, and no other night's, until `held` lets go of them."""

    def __init__(self, held: ExitStack, chosen: Mapping[str, object] | None = None) -> None:
        """`chosen`: settings that win over those of every profile."""
        self._held, self._chosen = held, chosen or {}
        self._known: dict[str | None, Account | LoaderError] = {}
        self._journals: dict[str, Journal] = {}
        self._lists: dict[tuple[object, ...], KnownCampaigns] = {}

    def of(self, profile: str | None) -> Account | LoaderError:
        """The account of a profile, None being that of the environment; or what is wrong with it.

        Raises:
            AccountBusyError: another night is running on its journal.
        """
        if profile not in self._known:
            try:
                self._known[profile] = self._set_up(profile)
            except (SettingsError, JournalError) as error:
                self._known[profile] = error
        return self._known[profile]

    def _set_up(self, profile: str | None) -> Account:
        settings = read_settings(profile, **self._chosen)
        renaming = read_mapping(settings.mapping) if settings.mapping else NOTHING_RENAMED
        seen_by = settings.account, settings.app_id, settings.api_version, settings.client_id
        known = self._lists.setdefault(seen_by, KnownCampaigns())
        return Account(settings, self._journal(settings.journal), dialled_in(renaming, settings.country), known)

    def _journal(self, address: str) -> Journal:
        if address not in self._journals:
            with ExitStack() as opened:  # closed again where another night is running on it
                journal = opened.enter_context(closing(open_journal(address)))
                opened.enter_context(journal.only_night())
                self._held.push(opened.pop_all())
            self._journals[address] = journal
        return self._journals[address]
