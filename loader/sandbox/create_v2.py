"""What v2's voice create and update have of their own (reference 4)."""

from collections.abc import Mapping

from loader.sandbox.create_body import check, rules_with
from loader.sandbox.json_schema import one_of, record, text

# one object, for all that its name is a plural
_DNC_LISTS = {"dncLists": record({"name": text()}, of="dncLists")}

_RULES = rules_with(
    {
        "Agentless": {**_DNC_LISTS, "enableMachineDetect": one_of("no", "detect", "disconnect")},
        "Progressive": _DNC_LISTS,
        "Preview": _DNC_LISTS,
    }
)


def check_create(body: Mapping[str, object]) -> None:
    """Refuse the body with every fault it has."""
    check(_RULES, body)
