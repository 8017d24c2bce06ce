"""Which request a rule strikes, and what is said about a rule that makes no sense."""

from pathlib import Path
from random import Random

import pytest

from loader.sandbox.errors import SandboxError
from loader.sandbox.fault_kinds import CREATES_ONLY, KINDS, survivable
from loader.sandbox.fault_rules import rule, rules_in
from loader.sandbox.faults import RandomFaults, Rule, RuledFaults


def chance() -> Random:
    return Random(7)  # noqa: S311


def struck(*rules: Rule, asked: str = "create:a create:b create:c create:a list: create:a") -> str:
    """One letter for each request: the first of the action that struck it, or a dot."""
    faults = RuledFaults(rules, chance())
    marks = []
    for request in asked.split():
        operation, name = request.split(":")
        fault = faults.on_request(operation, name or None)
        marks.append(fault.kind[0] if fault else ".")
    return "".join(marks)


@pytest.mark.parametrize(
    ("keys", "marks"),
    [
        ({}, "eeeeee"),
        ({"operation": "create"}, "eeee.e"),
        ({"operation": ["list", "get"]}, "....e."),
        ({"operation": "create", "name": "a"}, "e..e.e"),
        ({"operation": "create", "name": "[bc]"}, ".ee..."),
        ({"operation": "create", "name": "A"}, "......"),
        ({"operation": "create", "name": "a", "nth": 2}, "...e.."),
        ({"operation": "create", "every": 2}, ".e.e.."),
        ({"operation": "create", "times": 2}, "ee...."),
        ({"operation": "create", "every": 2, "times": 1}, ".e...."),
        ({"probability": 0}, "......"),
        ({"probability": 1}, "eeeeee"),
    ],
)
def test_a_rule_strikes_what_it_fits(keys: dict[str, object], marks: str) -> None:
    assert struck(rule(action="empty", **keys)) == marks


def test_the_first_rule_wins_and_the_others_go_on_counting() -> None:
    first = rule(action="garbled", operation="create", nth=2)
    second = rule(action="empty", operation="create", every=2)
    third = rule(action="no-id", times=3)
    assert struck(first, second, third) == "ngnen."


def test_probability_is_a_share_and_repeatable() -> None:
    half = rule(action="empty", probability=0.5)
    asked = "create:a " * 1000
    marks = struck(half, asked=asked)
    assert 450 < marks.count("e") < 550
    assert marks == struck(half, asked=asked)


def test_a_rule_before_reading_is_asked_for_before_the_body() -> None:
    faults = RuledFaults((rule(action="close-before-reading", operation="create", nth=2),), chance())
    assert [faults.on_head(operation) is not None for operation in ("create", "list", "create", "create")] == [
        False,
        False,
        True,
        False,
    ]
    assert faults.on_request("create", "a") is None


def test_random_faults_strike_their_share_of_creates_and_lists_with_every_kind() -> None:
    faults = RandomFaults(0.1, survivable(2.0), chance())
    assert all(faults.drawn(operation) is None for operation in ("get", "status", "delete", "queues") * 50)
    drawn = [faults.drawn(operation) for operation in ("create", "list") * 10_000]
    kinds = [fault.kind for fault in drawn if fault]
    assert 1850 < len(kinds) < 2150
    assert set(kinds) == set(KINDS) - {"refused", "redirect", "answer"} - set(CREATES_ONLY)
    assert {fault.wait_after for fault in drawn if fault and fault.kind.startswith("hang")} == {2.0}


@pytest.mark.parametrize(
    ("keys", "sent", "kept"),
    [
        ({}, "R&D <North>", "R&amp;D &lt;North&gt;"),
        ({"how": "cut"}, "A name of thirty-four characters..", "A name of thirty-four characte"),
        ({"how": "cut", "length": 3}, "Spring", "Spr"),
        ({"how": "trim"}, " Spring ", "Spring"),
        ({"how": "drop"}, "Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n", "Grn"),
        ({"how": "question-marks"}, "Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n", "Gr?n"),
        ({}, "Spring", None),
        ({"name": "Recall*"}, "R&D", None),
    ],
)
def test_a_name_can_be_kept_otherwise(keys: dict[str, object], sent: str, kept: str | None) -> None:
    faults = RuledFaults((rule(action="rename", operation="create", **keys),), chance())
    assert faults.stored_name("create", sent) == kept
    assert faults.stored_name("list", None) is None
    assert faults.on_request("create", sent) is None


def test_a_stored_name_goes_with_any_other_fault_and_with_another_spelling() -> None:
    faults = RuledFaults(
        (
            rule(action="rename", operation="create"),
            rule(action="reset-after-creating", times=1),
            rule(action="rename", operation="create", how="cut", length=6),
        ),
        chance(),
    )
    assert faults.stored_name("create", "R&D 1") == "R&amp;"
    assert (fault := faults.on_request("create", "R&D 1")) is not None
    assert fault.kind == "reset-after-creating"


def test_a_file_of_rules_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        """
        [[rule]]
        operation = "create"
        name = "Recall*"
        nth = 3
        action = "hang-after-creating"
        seconds = 40

        [[rule]]
        operation = ["create", "list"]
        every = 5
        times = 2
        probability = 0.25
        action = "server-error"
        status = 503
        created = true
        retry_after = ["1.5", "-3"]
        """,
        "utf-8",
    )
    first, second = rules_in(path)
    assert (first.operations, first.name, first.nth) == (frozenset({"create"}), "Recall*", 3)
    assert (first.fault.kind, first.fault.wait_after, first.fault.carries_out) == ("hang-after-creating", 40.0, True)
    assert (second.operations, second.every, second.times) == (frozenset({"create", "list"}), 5, 2)
    assert (second.probability, second.fault.carries_out) == (0.25, True)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({}, "None is no action; there are close-before-reading, "),
        ({"action": "explode"}, "'explode' is no action; there are close-before-reading, "),
        ({"action": "empty", "sleep": 1}, "'sleep' is no key of empty; it has created"),
        ({"action": "close-after-reading", "seconds": 1}, "'seconds' is no key of close-after-reading; it has none"),
        (
            {"action": "empty", "operation": "start"},
            "'start' is no operation; there are create, list, get, status, update,",
        ),
        ({"action": "stuck"}, 'stuck needs operation = "create": it strikes what was created'),
        ({"action": "vanish", "operation": ["create", "list"]}, 'vanish needs operation = "create"'),
        (
            {"action": "alter", "operation": "create", "value": 1},
            "alter needs field, such as 'dialingStrategy.maxRingT",
        ),
        ({"action": "alter", "operation": "create", "field": 5}, "field = 5 is not understood; it is like ''"),
        (
            {"action": "alter", "operation": "create", "field": "name", "value": 5},
            "value of name must be a string, not 5",
        ),
        ({"action": "alter", "operation": "create", "field": "contactLists"}, "value of contactLists must be an array"),
        (
            {"action": "alter", "operation": "create", "field": "schedule", "value": []},
            "schedule must be a table, not []",
        ),
        (
            {"action": "alter", "operation": "create", "field": "priority", "value": {1}},
            "priority is none of JSON: {1}",
        ),
        ({"action": "empty", "operation": []}, "[] is no operation"),
        ({"action": "empty", "operation": ["list", 3]}, "['list', 3] is no operation"),
        ({"action": "empty", "name": "x"}, 'name needs operation = "create"'),
        ({"action": "empty", "name": "x", "operation": "list"}, 'name needs operation = "create"'),
        (
            {"action": "close-before-reading", "name": "x", "operation": "create"},
            "close-before-reading strikes before the name is read; close-after-reading can have one",
        ),
        ({"action": "empty", "nth": 1, "every": 2}, "nth and every exclude one another"),
        ({"action": "empty", "nth": 0}, "nth is 1 or more, not 0"),
        ({"action": "empty", "every": "2"}, "every = '2' is not understood"),
        ({"action": "empty", "times": True}, "times = True is not understood"),
        ({"action": "empty", "probability": 2}, "probability is between 0 and 1, not 2.0"),
        ({"action": "empty", "created": "yes"}, "created = 'yes' is not understood; it is like True"),
        ({"action": "slow", "seconds": -1}, "seconds is 0 or more, not -1.0"),
        ({"action": "slow", "seconds": "1"}, "seconds = '1' is not understood"),
        ({"action": "server-error", "status": 404}, "status of server-error is 500 to 599, not 404"),
        ({"action": "refused", "status": 500}, "status of refused is 400 to 499, not 500"),
        ({"action": "redirect", "status": 200}, "status of redirect is 300 to 399, not 200"),
        ({"action": "answer", "status": 100}, "status of answer is 200 to 599, not 100"),
        (
            {"action": "rename", "operation": "create", "how": "x"},
            "how = 'x' is no spelling; there are cut, escape, trim",
        ),
        ({"action": "rename", "operation": "create", "how": "cut", "length": 0}, "length is 1 or more, not 0"),
        ({"action": "rename"}, 'rename needs operation = "create"'),
        ({"action": "rate-limited", "retry_after": 5}, "retry_after = 5 is not understood; it is like ''"),
        ({"action": "rate-limited", "retry_after": ["5", 5]}, "retry_after = ['5', 5] is not understood"),
        ({"action": "rate-limited", "retry_after": "5\r\nx: y"}, "cannot stand in a header"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_a_sentence(keys: dict[str, object], reason: str) -> None:
    with pytest.raises(SandboxError) as refused:
        rule(**keys)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[rule]]\naction = 'empty'\n[[rule]]\naction = 'x'", "faults.toml, rule 2: 'x' is no action"),
        ("[[rules]]\naction = 'empty'", "faults.toml: 'rules' is no key; the file is made of [[rule]] tables"),
        ("[rule]\naction = 'empty'", "faults.toml: rule is not a list of [[rule]] tables"),
        ("rule = [1]", "faults.toml: rule is not a list of [[rule]] tables"),
        ("rule = ", "faults.toml is not TOML"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SandboxError) as refused:
        rules_in(path)
    assert reason in str(refused.value)


def test_a_missing_file_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"faults\.toml cannot be read: No such file"):
        rules_in(tmp_path / "faults.toml")
