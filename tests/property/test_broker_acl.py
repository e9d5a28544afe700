"""mosquitto's ACL file, read as mosquitto reads it, keeps everybody to his own whatever client id he chooses."""

import aiomqtt
from hypothesis import given
from hypothesis import strategies as st

from broker.access import SERVER_ACCOUNT, Account, acl, may_publish, may_receive
from broker.credentials import hash_secret
from telemetry.domain.topics import BROKER_TOPICS

SECRET = hash_secret("secret", b"abcdefghijkl")
A, B = Account("A", "recorder", SECRET), Account("B", "recorder", SECRET)
REVOKED = Account("C", "recorder", SECRET, revoked=True)
SERVER = Account(SERVER_ACCOUNT, "server", SECRET)
FILE = acl([A, B, REVOKED, SERVER]).splitlines()

NAMES = ["A", "B", "C", SERVER_ACCOUNT, "recorder-fleet-server-1", "v1", "recorder/v1", "B/heartbeat"]
LEVEL = st.sampled_from(["A", "B", "C", "recorder", "v1", "command", "heartbeat", "", "$SYS", "broker"])
TOPIC = st.one_of(
    st.lists(LEVEL, min_size=1, max_size=6).map("/".join),
    st.lists(LEVEL, max_size=3).map(lambda levels: "/".join(["recorder", "v1", *levels])),
    st.sampled_from(BROKER_TOPICS),
)


def allows(username: str, client_id: str, access: str, topic: str) -> bool:
    """The user's own lines count first, then the patterns; among each the denials."""
    own: list[tuple[str, str]] = []
    patterns: list[tuple[str, str]] = []
    user = None
    for line in FILE:
        word, *rest = line.split(" ")
        match word:
            case "user":
                user = rest[0]
            case "topic" if user == username:
                own.append((rest[0], rest[1]))
            case "pattern":
                patterns.append((rest[0], rest[1].replace("%u", username).replace("%c", client_id)))
    for rules in (own, patterns):
        for granted, topic_filter in sorted(rules, key=lambda rule: rule[0] != "deny"):
            if granted in {"deny", access} and _matches(topic_filter, topic):
                return granted == access
    return False


def _matches(topic_filter: str, topic: str) -> bool:
    return topic.startswith("$") == topic_filter.startswith("$") and aiomqtt.Topic(topic).matches(topic_filter)


@given(st.sampled_from([A, B]), st.sampled_from(NAMES), TOPIC)
def test_a_recorder_writes_and_reads_nobody_else_s_by_any_door(who: Account, client_id: str, topic: str) -> None:
    others = {"A", "B", "C"} - {who.username}
    for access in ("write", "read"):
        if topic and allows(who.username, client_id, access, topic):
            # Below its bare name nobody else reads or writes anything.
            own = (f"recorder/v1/{who.username}", f"{who.username}/v1")
            assert any(topic == root or topic.startswith(f"{root}/") for root in own)
            assert not any(allows(other, "any", access, topic) for other in others)


@given(st.sampled_from([A, B]), TOPIC)
def test_a_recorder_may_by_its_own_door_all_that_the_rule_says(who: Account, topic: str) -> None:
    if topic and may_publish(who, topic):
        assert allows(who.username, who.username, "write", topic)
    if topic and may_receive(who, topic):
        assert allows(who.username, who.username, "read", topic)


@given(TOPIC)
def test_the_server_may_by_its_own_door_what_the_rule_says_and_by_the_recorders_nothing(topic: str) -> None:
    if topic:
        assert may_publish(SERVER, topic) <= allows(SERVER_ACCOUNT, "recorder-fleet-server-1", "write", topic)
        assert may_receive(SERVER, topic) <= allows(SERVER_ACCOUNT, "recorder-fleet-server-1", "read", topic)
        assert not allows(SERVER_ACCOUNT, SERVER_ACCOUNT, "write", topic)
        assert topic.startswith("$") or not allows(SERVER_ACCOUNT, SERVER_ACCOUNT, "read", topic)


@given(st.sampled_from(NAMES), TOPIC)
def test_who_was_revoked_may_nothing(client_id: str, topic: str) -> None:
    if topic and not topic.startswith("$"):
        assert not allows("C", client_id, "write", topic)
        assert not allows("C", client_id, "read", topic)
