"""The frame that all pages share, and small pieces of HTML."""

from __future__ import annotations

from html import escape
from string import Template
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipedrive_emulator.core.store import Row
from pipedrive_emulator.world import World

VIEWER_COOKIE, THEME_COOKIE = "pipedrive_emulator_viewer", "pipedrive_emulator_theme"
_PAGE = Template(
    """<!doctype html>
<html lang="en" data-theme="$theme">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="stylesheet" href="/static/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header class="top"><a class="name" href="/">Pipedrive emulator</a>
<span class="note">For trying things out. No Pipedrive service, no real customers.</span>
$tools</header>
<main>
$body
</main>
<div id="snackbars" role="status" aria-live="polite"></div>
</body>
</html>
"""
)


def e(value: object) -> str:
    """Return a value as text that is safe inside HTML, attributes too."""
    return escape("" if value is None else str(value), quote=True)


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def hidden(name: str, value: object) -> str:
    """Return a hidden form field."""
    return f'<input type="hidden" name="{e(name)}" value="{e(value)}">'


def options(choices: dict[str, str], chosen: str) -> str:
    """Return the option elements of a select."""
    return "".join(
        f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(text)}</option>'
        for value, text in choices.items()
    )


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent; the last value of a name counts."""
    raw = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(raw, keep_blank_values=True))


def viewer(world: World, request: Request) -> Row:
    """Return the user whose eyes the pages are seen with."""
    return world.user(request.cookies.get(VIEWER_COOKIE, "")) or world.users()[0]


def theme(request: Request) -> str:
    """Return `light` or `dark`."""
    return "dark" if request.cookies.get(THEME_COOKIE) == "dark" else "light"


def _tools(world: World, request: Request) -> str:
    people = {str(user["id"]): user["name"] for user in world.users()}
    chosen = options(people, str(viewer(world, request)["id"]))
    back = hidden("next", request.url.path)
    other = "light" if theme(request) == "dark" else "dark"
    return f"""<nav><a href="/">Deals</a> <a href="/marketplace">Marketplace</a></nav>
<form method="post" action="/view-as">{back}<label>View as
<select name="user_id" id="view-as">{chosen}</select></label> <button>Switch</button></form>
<form method="post" action="/theme" id="theme-form">{back}{hidden("theme", other)}
<button id="theme-toggle">{other.capitalize()} theme</button></form>"""


def page(
    world: World, request: Request, title: str, body: str, *, status: int = 200, tools: bool = True
) -> HTMLResponse:
    """Return a whole page around `body`, which is HTML already."""
    html = _PAGE.substitute(
        title=e(title),
        theme=theme(request),
        tools=_tools(world, request) if tools else "",
        body=body,
    )
    frames = origin(world.settings.app_url)
    policy = f"default-src 'self'; img-src 'self' data:; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'"
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
    }
    return HTMLResponse(html, status_code=status, headers=headers)
