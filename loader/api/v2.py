"""All of the API's own words, version 2, where they differ from version 1 (API reference, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.api.campaign_fields import shared_values
from loader.api.v1 import WireV1, query_of
from loader.model.campaign import DialingMode

if TYPE_CHECKING:
    from loader.errors import ApiError
    from loader.model.campaign import Campaign


class WireV2(WireV1):
    """Speaks for one application of one account; the account stands in every query as well as in the header."""

    version = "v2"

    def _advised(self, error: ApiError) -> ApiError:
        return error

    def _target(self, below: str, **query: str) -> str:
        account = {"accountId": self._account}
        return f"/campaign/api/v2/public/{self._app}/campaign{below}{query_of(account | query)}"

    def _values(self, campaign: Campaign) -> dict[str, object]:
        values = {**shared_values(campaign), "dnc_list": campaign.dnc_list}
        if campaign.dialing_mode is DialingMode.AGENTLESS:
            values["machine_detection"] = campaign.machine_detection.value
        return values
