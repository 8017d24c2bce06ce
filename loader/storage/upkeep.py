"""What keeps a journal of many years small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import AccountBusyError
from loader.storage.campaign_store import CampaignStore
from loader.storage.locks import Locks
from loader.storage.run_store import RunStore

if TYPE_CHECKING:
    from loader.storage.database import Database


class Upkeep:
    """Work on the journal as a whole, in the name of no run."""

    def __init__(self, database: Database) -> None:
        self._database, self._locks = database, Locks(database.path)
        self._runs, self._campaigns = RunStore(database), CampaignStore(database)

    def campaigns(self) -> int:
        """How many campaigns are remembered, of all applications."""
        return self._campaigns.count()

    def vacuum(self) -> None:
        """Give room that is not used any more back to the disk.

        Raises:
            AccountBusyError: a run is writing; it says which.
        """
        with self._locks.gate():
            for run in sorted(self._locks.living({one.id for one in self._runs.all()})):
                raise AccountBusyError(f"{self._runs.who(run)} is running; make the journal smaller when it has ended")
            self._database.vacuum()
