"""What the two versions of the API do not share in a sheet (reference, sections 2 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.campaign import MachineDetection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def faults_under(
    api_version: str, values: Mapping[str, object], unreadable: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """The field, what is wrong with it and what would be right; blank where that is the rule of its column."""
    detection, dnc_list = values.get("machine_detection"), values.get("dnc_list")
    if api_version == "v1":
        if dnc_list is not None:
            yield "dnc_list", "is for version 2 of the API only", "a blank cell, or KORE_API_VERSION=v2"
        if detection in {MachineDetection.DETECT, MachineDetection.DISCONNECT}:
            yield "machine_detection", "is a word of version 2 of the API", "yes or no, or KORE_API_VERSION=v2"
        return
    if dnc_list is None and "dnc_list" not in unreadable:
        yield "dnc_list", "is blank, and version 2 of the API needs it", ""
    if detection is MachineDetection.YES:
        wrong = "does not tell version 2 of the API what to do about a machine"
        yield "machine_detection", wrong, "no, detect or disconnect"
