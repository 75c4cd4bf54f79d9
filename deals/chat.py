"""Incoming webhooks of chat programs: what an address must look like, and one message posted to it."""

import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

logger = logging.getLogger(__name__)

SLACK, TEAMS = "slack", "teams"
# Whose addresses are taken, so that nobody can have this server post to one inside its own network.
HOSTS = {
    SLACK: ("hooks.slack.com", "hooks.slack-gov.com"),
    TEAMS: (".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com"),
}
TIMEOUT = (5, 10)
MAX_ADDRESS = 2000
OK, GONE, LATER = "ok", "gone", "later"
GONE_CODES = frozenset({401, 403, 404, 410})


def kind_of_address(address: str) -> str:
    """Return which program an incoming webhook's address is of, "" for one that is not taken."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    if parts.username or len(address) > MAX_ADDRESS or not parts.path.strip("/"):
        return ""
    extra: dict[str, str] = settings.CHAT_WEBHOOK_HOSTS
    if parts.netloc.lower() in extra:
        return extra[parts.netloc.lower()]
    if parts.scheme != "https" or port not in {None, 443}:
        return ""
    for kind, names in HOSTS.items():
        if any(host.endswith(name) if name.startswith(".") else host == name for name in names):
            return kind
    return ""


def chat_body(kind: str, title: str, lines: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the JSON of a message: a title and lines that are links, (text, address)."""
    if kind == SLACK:
        text = "\n".join(f"• <{address}|{_slack(words)}>" for words, address in lines)
        return {
            "text": f"{title}: " + "; ".join(words for words, _address in lines),
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
                {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}},
            ],
        }
    body = [{"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": True}]
    body += [
        {"type": "TextBlock", "text": f"[{_markdown(words)}]({address})", "wrap": True}
        for words, address in lines
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _slack(text: str) -> str:
    """Return text in which nothing is a link, a mention or an entity of Slack's."""
    for mark, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "¦")):
        text = text.replace(mark, safe)
    return text


def _markdown(text: str) -> str:
    return "".join(f"\\{mark}" if mark in "\\[]()*_`" else mark for mark in text)


def chat_post(address: str, body: dict[str, Any]) -> tuple[str, int]:
    """Post one message; returns (OK, GONE or LATER, the seconds to wait that were asked for or 0). The address is never logged."""
    try:
        answer = requests.post(address, json=body, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        logger.warning("chat message not sent", extra={"kind": type(error).__name__})
        return LATER, 0
    if answer.ok and answer.status_code < 300:
        return OK, 0
    logger.warning("chat message not sent", extra={"status": answer.status_code})
    wait = answer.headers.get("Retry-After", "")
    return (
        GONE if answer.status_code in GONE_CODES else LATER,
        int(wait) if wait.isascii() and wait.isdigit() else 0,
    )
