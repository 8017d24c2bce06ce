"""The API's words, version 2, where they differ from version 1 (reference 4)."""

from __future__ import annotations

import json

import pytest

from loader.api.messages import Created
from loader.api.v2 import WireV2
from loader.errors import RejectedError
from loader.model.campaign import DialingMode, MachineDetection
from tests.api.samples import CAMPAIGN_ID, NAME, answer, campaign, sample

WIRE = WireV2(app_id="st-1", account_id="acc 1&x")
DNC = "Default Global DNC"


@pytest.mark.parametrize(
    ("mode", "file"),
    [
        (DialingMode.AGENTLESS, "body-v2-agentless.json"),
        (DialingMode.PROGRESSIVE, "body-v2-progressive.json"),
        (DialingMode.PREVIEW, "body-v2-preview.json"),
    ],
)
def test_a_body_names_the_do_not_call_list_and_detects_machines_by_a_word(mode: DialingMode, file: str) -> None:
    made = campaign(mode, dnc_list=DNC, machine_detection=MachineDetection.DETECT)
    expected = json.dumps(json.loads(sample(file)), sort_keys=True)
    assert json.dumps(json.loads(WIRE.body_of(made)), sort_keys=True) == expected


@pytest.mark.parametrize("word", ["no", "detect", "disconnect"])
def test_every_word_for_machine_detection_is_sent_as_it_is(word: str) -> None:
    made = campaign(dnc_list=DNC, machine_detection=MachineDetection(word))
    assert json.loads(WIRE.body_of(made))["enableMachineDetect"] == word


def test_the_account_stands_in_the_query_and_in_the_header() -> None:
    assert WIRE.create(b"{}").target == (
        "/campaign/api/v2/public/st-1/campaign?accountId=acc%201%26x&campaignType=voice"
    )
    assert WIRE.list_page(1, limit=10, newest_first=True).target == (
        "/campaign/api/v2/public/st-1/campaign/getAllCampaignDetails?accountId=acc%201%26x"
    )
    assert WIRE.headers == {"iid": "st-1", "accountId": "acc 1&x", "Content-Type": "application/json"}


def test_answers_are_those_of_version_1() -> None:
    created = WIRE.created(answer(200, sample("created-v2.json")), name=NAME)
    assert created == Created(200, CAMPAIGN_ID, "Preparing", NAME)
    assert WIRE.page(answer(200, sample("list-page.json")), number=1, limit=2).total == 8


def test_whoever_has_a_do_not_call_list_is_not_advised_to_take_this_version() -> None:
    with pytest.raises(RejectedError) as caught:
        WIRE.created(answer(400, {"message": "DNC list not found"}), name=NAME)
    assert str(caught.value) == "DNC list not found (HTTP 400)"
