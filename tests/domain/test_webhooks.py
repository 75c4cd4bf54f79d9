"""Each event of a webhook is read alone: whatever stands beside a good one, the good one counts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.webhooks import parse_webhook

GOOD = {
    "id": "e1", "type": "qbo.invoice.updated.v1", "intuitaccountid": "9", "intuitentityid": "7", "time": "t",
}  # fmt: skip
ENTITY = {"name": "Invoice", "id": "7", "operation": "Update", "lastUpdated": "t"}
STRANGE: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    True,
    {**GOOD, "type": "qbo.project.budget.created.v1"},
    {**GOOD, "type": "qbo.novelty.created.v1"},
    {**GOOD, "type": "invoice"},
    {**GOOD, "type": None},
    {key: value for key, value in GOOD.items() if key != "intuitentityid"},
    {key: value for key, value in GOOD.items() if key != "intuitaccountid"},
    {**GOOD, "intuitentityid": "7\u0000"},
    {**GOOD, "intuitentityid": "7" * 31},
    {**GOOD, "intuitentityid": ["7"]},
    {**GOOD, "intuitaccountid": "9" * 41},
    {**GOOD, "id": "\ud800"},
    {**GOOD, "id": "x" * 200},
    {**GOOD, "id": {"deep": []}},
]
STRANGE_ENTITIES: list[Any] = [
    None, 7, "x", [], {}, {**ENTITY, "name": "Novelty"}, {**ENTITY, "id": None}, {"id": "7"},
]  # fmt: skip
STRANGE_NOTIFICATIONS = [
    None, 7, {}, {"realmId": "9"}, {"realmId": "9", "dataChangeEvent": {"entities": 7}},
]  # fmt: skip
DEEP = "[" * 50_000 + "]" * 50_000
DEEP_ONES = {
    "lists": DEEP,
    "objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "inside": f'{{"id":"a]","data":{DEEP}}}',
}


def found(body: str | bytes) -> list[tuple[str, str, str]]:
    read = parse_webhook(body if isinstance(body, bytes) else body.encode())
    return [(change.realm_id, change.entity, change.qbo_id) for change in read.changes]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_event_is_counted_and_spoils_no_other(strange):
    for events in ([strange, GOOD], [GOOD, strange], [strange, GOOD, strange]):
        read = parse_webhook(json.dumps(events).encode())
        assert [change.qbo_id for change in read.changes] == ["7"]
        assert read.unread.total() == len(events) - 1


@pytest.mark.parametrize("strange", STRANGE_ENTITIES, ids=range(len(STRANGE_ENTITIES)))
def test_a_strange_entity_of_the_classic_form_spoils_no_other(strange):
    body = {"eventNotifications": [{"realmId": "9", "dataChangeEvent": {"entities": [strange, ENTITY]}}]}
    read = parse_webhook(json.dumps(body).encode())
    assert [change.qbo_id for change in read.changes] == ["7"]
    assert read.unread == {"9": 1}


@pytest.mark.parametrize("strange", STRANGE_NOTIFICATIONS, ids=range(len(STRANGE_NOTIFICATIONS)))
def test_a_strange_notification_spoils_no_other(strange):
    good = {"realmId": "9", "dataChangeEvent": {"entities": [ENTITY]}}
    read = parse_webhook(json.dumps({"eventNotifications": [strange, good]}).encode())
    assert [change.qbo_id for change in read.changes] == ["7"]
    assert read.unread.total() == 1


def test_unknown_operation_of_a_known_entity_is_a_change():
    assert found(json.dumps([{**GOOD, "type": "qbo.invoice.reticulated.v1"}])) == [("9", "invoice", "7")]


def test_event_without_an_id_is_known_again_when_it_is_repeated():
    bare = {key: value for key, value in GOOD.items() if key != "id"}
    first, second = (parse_webhook(json.dumps([bare]).encode()).changes[0] for _time in range(2))
    other = parse_webhook(json.dumps([{**bare, "time": "later"}]).encode()).changes[0]
    assert first.event_id == second.event_id != other.event_id


@pytest.mark.parametrize("deep", DEEP_ONES.values(), ids=DEEP_ONES)
def test_an_event_nested_deeper_than_any_parser_goes_spoils_no_other(deep):
    good = json.dumps({**GOOD, "id": 'with "quotes\\" and ],[ signs'})
    assert found(f"[{deep},{good},{deep}]") == [("9", "invoice", "7")]
    notification = f'{{"realmId":"9","dataChangeEvent":{{"entities":[{deep},{json.dumps(ENTITY)}]}}}}'
    assert found(f'{{"eventNotifications":[{notification}]}}') == [("9", "invoice", "7")]


def test_a_number_of_ten_thousand_digits_spoils_no_other():
    assert found(f'[{{"id":{"9" * 10_000}}},{json.dumps(GOOD)}]') == [("9", "invoice", "7")]


def test_bytes_that_are_no_text_spoil_no_other():
    assert found(b'[{"id":"\xff\xfe"},' + json.dumps(GOOD).encode() + b"]") == [("9", "invoice", "7")]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b'"x"', b"\xff", b"[", b'{"eventNotifications":7}', b'{"a":' * 50_000 + b"1"],
    ids=range(8),
)
def test_a_body_that_holds_no_event_is_counted_once(body):
    read = parse_webhook(body)
    assert read.changes == ()
    assert read.unread.total() == 1


def test_an_empty_list_holds_nothing():
    assert parse_webhook(b"[]") == parse_webhook(b"[ ]")
    assert not parse_webhook(b"[]").unread


def good_one(number: int) -> dict[str, str]:
    return {**GOOD, "id": f"g{number}"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
mixed = st.lists(json_values | st.sampled_from(STRANGE) | st.integers(1, 99).map(good_one), max_size=12)


@given(mixed)
def test_of_any_mixed_list_exactly_the_good_events_are_read(events):
    read = parse_webhook(json.dumps(events).encode())
    good = [f"ce:g{number}" for one in events for number in range(1, 100) if one == good_one(number)]
    assert [change.event_id for change in read.changes if change.event_id.startswith("ce:g")] == good
    assert len(read.changes) + read.unread.total() == len(events)


@given(st.binary(max_size=200))
def test_no_body_whatever_is_a_failure(body):
    parse_webhook(body)
