"""What v1's voice create and update have of their own (reference 1.2 and 2)."""

from collections.abc import Mapping

from loader.sandbox.create_body import MODES, check, rules_with
from loader.sandbox.json_schema import flag

_RULES = rules_with({mode: {"enableMachineDetect": flag} for mode in MODES})


def check_create(body: Mapping[str, object]) -> None:
    """Refuse the body with every fault it has."""
    check(_RULES, body)
