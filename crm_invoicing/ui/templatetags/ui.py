"""Template tags of the interface kit: icons, money, dates, flags, banners."""

import re
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_decimal_symbol
from django import template
from django.conf import settings
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm_invoicing.ui.icons import SHAPES

register = template.Library()
# Where one country writes a language in the way that all its readers here get.
LOCALES = {"en": "en_US", "en_us": "en_US", "nb": "nb_NO"}
_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Z]{3})(?=\d)")

FLAGS = {
    "open": "open",
    "partially_paid": "partial",
    "paid": "paid",
    "overdue": "overdue",
    "voided": "voided",
    "deleted": "deleted",
    "unconfirmed": "unknown",
    "attention": "attention",
}
BANNER_ICONS = {
    "attention": "attention",
    "refused": "voided",
    "checking": "unknown",
    "offline": "cloud-off",
    "done": "check-circle",
    "info": "info",
}


def reader_locale() -> Locale:
    """Return how the reader's language writes dates and numbers; as in the United States where nothing is known."""
    language = (get_language() or "en").replace("-", "_")
    try:
        return Locale.parse(LOCALES.get(language, language))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")


def has_comma_decimals() -> bool:
    """Return whether the reader's language writes a comma before decimals."""
    return bool(get_decimal_symbol(reader_locale()) == ",")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """Draw an icon; without a label it is hidden from assistive technology."""
    shape = SHAPES.get(name, SHAPES["info"])
    named = format_html(' role="img" aria-label="{}"', label) if label else mark_safe(' aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{}" height="{}" viewBox="0 0 16 16" focusable="false"{}>{}</svg>',
        size,
        size,
        named,
        mark_safe(shape),  # noqa: S308 - a constant of ours
    )


def money_text(amount: Decimal | None, currency: str) -> str:
    """Return an amount as the reader's language writes it; a dash for none."""
    if amount is None:
        return "–"
    # A code is set off from the digits ("NOK 5.00"), as the locale data ask for and Babel leaves out.
    return _CODE_BEFORE_DIGIT.sub("\u00a0", str(format_currency(amount, currency, locale=reader_locale())))


@register.simple_tag
def money(amount: Decimal | str | None, currency: str) -> str:
    """Write money with its currency."""
    return money_text(Decimal(str(amount)) if amount not in (None, "") else None, currency)


@register.simple_tag
def money_plain(amount: Decimal | None, currency: str = "") -> str:
    """Write an amount without its currency."""
    if amount is None:
        return "–"
    digits = get_currency_precision(currency) if currency else 2
    return str(
        format_decimal(amount, format="#,##0." + "0" * digits if digits else "#,##0", locale=reader_locale())
    )


@register.filter
def number(value: Decimal | None) -> str:
    """Write a number as fields take it: a dot, no idle zeros."""
    if value is None:
        return ""
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def pairs(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return keys and values; in a template `.items` would be a key of that name, where there is one."""
    return list(mapping.items())


@register.simple_tag
def percent(value: int) -> str:
    """Write a share in percent."""
    return _("%(number)s%%") % {"number": value}


def day_text(value: date | None, style: str = "") -> str:
    """Return a date as the reader's language writes it; `style` "short" leaves this year's number out."""
    if value is None:
        return "–"
    if style == "short" and value.year == timezone.localdate().year:
        return str(format_skeleton("MMMd", value, locale=reader_locale()))
    return str(format_date(value, "medium", locale=reader_locale()))


def month_text(value: date) -> str:
    """Return month and year as the reader's language writes them."""
    return str(format_skeleton("yMMMM", value, locale=reader_locale()))


@register.simple_tag
def day(value: date | None, style: str = "") -> str:
    """Write a date."""
    return day_text(value, style)


def _zone(zone: tzinfo | str | None) -> Any:
    return ZoneInfo(zone) if isinstance(zone, str) and zone else zone or timezone.get_current_timezone()


@register.simple_tag
def moment(value: datetime | None, zone: tzinfo | str | None = None) -> str:
    """Write day and time, the year only when it is another one."""
    if value is None:
        return "–"
    here = value.astimezone(_zone(zone))
    return f"{day_text(here.date(), 'short')}, {clock(here, here.tzinfo)}"


@register.simple_tag
def clock(value: datetime | None, zone: tzinfo | str | None = None) -> str:
    """Write the time of day."""
    return (
        "–" if value is None else str(format_time(value, "HH:mm", tzinfo=_zone(zone), locale=reader_locale()))
    )


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the languages, each named in itself: whoever looks for theirs may not read any other."""
    return list(settings.LANGUAGES)


@register.filter
def is_same(one: str, other: str) -> str:
    """Return whether two texts are the same, as attributes of assistive technology say it."""
    return "true" if one == other else "false"


@register.simple_tag
def initials(name: str) -> str:
    """Return up to two letters for an avatar."""
    words = [word for word in re.split(r"\W+", name or "") if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.simple_tag
def highlight(text: str, query: str) -> SafeString:
    """Mark every word of the query in the text."""
    words = [re.escape(word) for word in query.split()]
    if not words:
        return SafeString(escape(text))
    parts = re.split(f"({'|'.join(words)})", text, flags=re.IGNORECASE)
    return format_html_join(
        "",
        "{}",
        ((format_html("<mark>{}</mark>", part) if at % 2 else part,) for at, part in enumerate(parts)),
    )


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """Return this request's query string with some values replaced; None removes one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def nav_current(context: template.Context, prefix: str) -> SafeString:
    """Mark the place in the navigation when the address' name begins so."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.view_name if match else ""
    return mark_safe(' aria-current="page"' if name.startswith(prefix) else "")  # noqa: S308 - a constant


def flag_label(code: str) -> str:
    """Return the word of a status flag."""
    return {
        "open": _("Open"),
        "partially_paid": _("Partially paid"),
        "paid": _("Paid"),
        "overdue": _("Overdue"),
        "voided": _("Voided"),
        "deleted": _("Deleted"),
        "unconfirmed": _("Not confirmed"),
    }.get(code, code)


@register.simple_tag
def status_flag(code: str, label: str = "") -> SafeString:
    """Draw a status flag: shape, word and tint."""
    return format_html(
        '<span class="flag flag-{}">{}{}</span>',
        code,
        icon(FLAGS.get(code, "info"), 14),
        label or flag_label(code),
    )


@register.simple_tag
def share_bar(segments: Iterable[Any], label: str, *, thin: bool = False) -> SafeString:
    """Draw a bar of shares (each with `.kind` and `.share` in percent), with its meaning in words.

    Every share is a box of its own whose width is an attribute: the page's policy allows no inline style,
    and a box takes hatching, gaps and round ends from the style sheet. What the shares leave stays hollow.
    """
    at = Decimal(0)
    parts: list[tuple[str, Decimal]] = []
    for segment in segments:
        share = max(Decimal(0), min(Decimal(str(segment.share)), 100 - at))
        if share > 0:
            parts.append((segment.kind, share))
            at += share
    if at < Decimal("99.9"):
        parts.append(("left", 100 - at))
    drawn = format_html_join("", '<svg class="bar-{}" width="{}%" height="8"></svg>', parts)
    size = " bar-thin" if thin else ""
    return format_html('<span class="bar{}" role="img" aria-label="{}">{}</span>', size, label, drawn)


class BlockNode(template.Node):
    """A block tag whose body are the buttons."""

    def __init__(
        self, kind: str, arguments: list[FilterExpression], options: dict[str, Any], body: NodeList
    ) -> None:
        self.kind, self.arguments, self.options, self.body = kind, arguments, options, body

    def render(self, context: template.Context) -> SafeString:
        """Draw the banner or empty state."""
        values = [argument.resolve(context) for argument in self.arguments]
        options = {key: value.resolve(context) for key, value in self.options.items()}
        actions = SafeString(self.body.render(context).strip())
        return (
            _banner(values, options, actions) if self.kind == "banner" else _empty(values, options, actions)
        )


def _banner(values: list[Any], options: dict[str, Any], actions: SafeString) -> SafeString:
    kind, title, text = [*values, "", ""][:3]
    return format_html(
        '<div class="banner banner-{}" role="{}">{}<div class="banner-say"><strong>{}</strong><p>{}</p>{}</div></div>',
        kind,
        "alert" if kind == "refused" else "status",
        icon(options.get("icon") or BANNER_ICONS.get(str(kind), "info"), 18),
        title,
        text or "",
        format_html('<div class="btn-row">{}</div>', actions) if actions else "",
    )


def _empty(values: list[Any], options: dict[str, Any], actions: SafeString) -> SafeString:
    title, text = [*values, ""][:2]
    level = int(options.get("level", 2))
    return format_html(
        '<div class="empty"><span class="empty-icon">{}</span><h{}>{}</h{}><p>{}</p><div class="btn-row">{}</div></div>',
        icon(options.get("icon", "document"), 24),
        level,
        title,
        level,
        text,
        actions,
    )


def _block(parser: Parser, token: Token) -> BlockNode:
    name, *bits = token.split_contents()
    arguments, options = [], {}
    for bit in bits:
        key, equals, value = bit.partition("=")
        if equals and key.isidentifier():
            options[key] = parser.compile_filter(value)
        else:
            arguments.append(parser.compile_filter(bit))
    body = parser.parse((f"end{name}",))
    parser.delete_first_token()
    return BlockNode(name, arguments, options, body)


register.tag("banner", _block)
register.tag("empty_state", _block)
