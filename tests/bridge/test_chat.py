"""Slack and Teams: whose addresses are taken, what is posted, what happens when they take it no more."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deals.chat import chat_body, kind_of_address
from quickbooks_bridge.models import ChatChannel, ChatMessage, UnreadableObject
from quickbooks_bridge.needs_action.alerts import chat_line, issues_check
from quickbooks_bridge.services.operations.chat import chat_send
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write
from quickbooks_bridge.tasks.dispatch import due_work
from tests.factories import connection_make

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/quickbooks/chat/"


def now() -> datetime:
    return datetime.now(UTC)


class Channel(ThreadingHTTPServer):
    """A server that takes messages as Slack and Teams do, or refuses them."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Channel

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def channel(settings):
    server = Channel()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    settings.CHAT_WEBHOOK_HOSTS = {server.host: "slack"}
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def connected(admin, account):
    heartbeat_write(now=now())
    return connection_make(account, admin.member, realm_id="1", name="Bluestem", connected_at=now(), import_state="done",
        last_sync_at=now(), time_zone="UTC")  # fmt: skip


def add(admin, channel, **more):
    body = {"address": f"http://{channel.host}/services/T0/B0/secret", "topics": ["connection"], **more}
    return sign_in(admin.member).post(PAGE, body)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", "slack"),
        ("https://hooks.slack.com:443/services/T0/B0/x", "slack"),
        ("https://acme.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-01.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://x.env.api.powerplatform.com/powerautomate/x", "teams"),
        ("http://hooks.slack.com/services/x", ""),
        ("https://hooks.slack.com/", ""),
        ("https://hooks.slack.com:8443/services/x", ""),
        ("https://hooks.slack.com@10.0.0.1/services/x", ""),
        ("https://user:pass@hooks.slack.com/services/x", ""),
        ("https://hooks.slack.com.evil.example/services/x", ""),
        ("https://evilwebhook.office.com/x", ""),
        ("https://169.254.169.254/latest/meta-data", ""),
        ("http://localhost:6379/x", ""),
        ("file:///etc/passwd", ""),
        ("https://hooks.slack.com:99999/x", ""),
        ("https://[::1/x", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_chat_programs_are_taken(address, kind):
    assert kind_of_address(address) == kind


def test_a_channel_is_added_after_it_took_a_message_and_its_address_is_sealed(admin, channel, caplog):
    assert add(admin, channel).status_code == 302
    row = ChatChannel.objects.get()
    assert row.kind == "slack"
    assert "secret" not in row.address
    assert "invoices" in row.muted
    assert "connection" not in row.muted
    assert len(channel.got) == 1
    page = sign_in(admin.member).get(PAGE).content.decode()
    assert "services/T0" not in page
    assert "services/T0" not in caplog.text


@pytest.mark.parametrize(
    ("status", "words"), [(404, "knows no such webhook"), (500, "did not take a message just now")]
)
def test_an_address_that_takes_nothing_is_refused(admin, channel, status, words):
    channel.status = status
    answer = add(admin, channel)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ChatChannel.objects.exists()


def test_a_strange_address_is_refused_without_a_call(admin, channel, settings):
    settings.CHAT_WEBHOOK_HOSTS = {}
    answer = add(admin, channel)
    assert "no incoming webhook of Slack or Microsoft Teams" in answer.content.decode()
    assert not channel.got


def unreadable(connection, **facts):
    values = {
        "entity": "Invoice",
        "qbo_id": "77",
        "reason": "x",
        "first_seen_at": now(),
        "last_seen_at": now(),
    }
    return UnreadableObject.objects.create(company=connection.company, **{**values, **facts})


def test_new_issues_are_posted_once_without_names(admin, channel, connected, settings):
    add(admin, channel)
    for at in range(12):
        unreadable(connected, qbo_id=str(at))
    issues_check(connected, now=now())
    issues_check(connected, now=now())
    row = ChatMessage.objects.get()
    assert ("chat", row.pk) in due_work(now())
    assert chat_send(row.pk, now=now())
    assert not chat_send(row.pk, now=now())
    said = json.dumps(channel.got[-1])
    assert len(channel.got) == 2
    assert "An object of QuickBooks could not be understood" in said
    assert f"{settings.PUBLIC_URL}/needs-action/" in said
    for hidden in ("Testers", "Bluestem", "Ada"):
        assert hidden not in said


def test_muted_topics_are_not_posted(admin, channel, connected):
    add(admin, channel, topics=["figures"])
    unreadable(connected)
    issues_check(connected, now=now())
    assert not ChatMessage.objects.exists()


def test_it_waits_as_long_as_it_is_asked_to(admin, channel, connected):
    add(admin, channel)
    unreadable(connected)
    issues_check(connected, now=now())
    row = ChatMessage.objects.get()
    channel.status, channel.headers = 429, {"Retry-After": "90"}
    at = row.next_try_at
    assert not chat_send(row.pk, now=at)
    row.refresh_from_db()
    assert row.next_try_at == at + timedelta(seconds=90)
    channel.status = 200
    assert chat_send(row.pk, now=row.next_try_at)


def test_a_removed_webhook_is_said_and_a_try_brings_it_back(admin, channel, connected):
    add(admin, channel)
    unreadable(connected)
    issues_check(connected, now=now())
    channel.status = 410
    assert not chat_send(ChatMessage.objects.get().pk, now=now())
    row = ChatChannel.objects.get()
    assert row.problem == "gone"
    client = sign_in(admin.member)
    assert "Slack takes no messages from us any more" in client.get("/needs-action/").content.decode()
    assert "It takes no messages any more" in client.get(PAGE).content.decode()
    channel.status = 200
    client.post(f"{PAGE}{row.pk}/", {"do": "try"})
    row.refresh_from_db()
    assert row.problem == ""


def test_channels_are_the_admins_of_their_account(admin, rep, stranger, channel):
    add(admin, channel)
    pk = ChatChannel.objects.get().pk
    for viewer in (rep, stranger):
        assert sign_in(viewer.member).post(f"{PAGE}{pk}/", {"do": "remove"}).status_code == 404
    assert sign_in(rep.member).get(PAGE).status_code == 404
    sign_in(admin.member).post(f"{PAGE}{pk}/", {"do": "save", "topics": ["crm"]})
    assert "connection" in ChatChannel.objects.get().muted
    sign_in(admin.member).post(f"{PAGE}{pk}/", {"do": "remove"})
    assert not ChatChannel.objects.exists()


def test_words_cannot_break_out_of_a_message():
    (block,) = chat_body("slack", "T", [("<!channel> & |x|", "https://a.example/")])["blocks"][1:]
    assert block["text"]["text"] == "• <https://a.example/|&lt;!channel&gt; &amp; ¦x¦>"
    card = chat_body("teams", "T", [("[x](https://evil.example)", "https://a.example/")])
    text = card["attachments"][0]["content"]["body"][1]["text"]
    assert text == "[\\[x\\]\\(https://evil.example\\)](https://a.example/)"
    assert card["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"


def test_kinds_have_lines_of_their_own():
    assert chat_line("refused") != chat_line("unknown kind")
