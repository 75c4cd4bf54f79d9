"""The frame and the style of the pages for people."""

from __future__ import annotations

from html import escape
from string import Template

from starlette.responses import HTMLResponse

# The consent page must be able to send the browser to any address an app registered, so no form-action rule.
CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

STYLE = """
:root { color-scheme: light dark; --ink: #1c2328; --soft: #5a6670; --paper: #f4f6f5; --card: #ffffff;
  --line: #d5dbd8; --green: #1f7a33; --green-ink: #ffffff; --red: #a4262c; --amber: #8a5a00;
  --blue: #0b5cad;
  --tint: #e8f3ea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecea; --soft: #a3aeb0; --paper: #14181a;
  --card: #1d2326; --line: #39423f; --green: #5fc477; --green-ink: #0c1a10; --red: #ff8f8f;
  --amber: #f0be6a;
  --blue: #8cc2ff; --tint: #1f2f24; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere; }
a { color: var(--blue); }
header.top { background: var(--card); border-bottom: 1px solid var(--line); padding: 12px 20px;
  display: flex;
  flex-wrap: wrap; gap: 6px 16px; align-items: baseline; }
header.top strong { font-size: 17px; }
header.top .note { color: var(--soft); }
main { max-width: 1180px; margin: 0 auto; padding: 20px; display: grid; gap: 20px; }
main.narrow { max-width: 560px; }
section, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px; min-width: 0; }
h1 { font-size: 22px; margin: 0 0 8px; } h2 { font-size: 17px; margin: 0 0 10px; } h3
  { font-size: 15px; margin: 16px 0 6px; }
fieldset { border: 0; padding: 0; margin: 0 0 12px; min-width: 0; } form { margin: 0; } ul
  { padding-left: 20px; }
p { margin: 0 0 10px; } .soft { color: var(--soft); } .right { text-align: right; }
.row { display: flex; flex-wrap: wrap; gap: 10px; align-items: end; }
label { display: inline-grid; gap: 2px; font-size: 13px; color: var(--soft); }
label.line { display: flex; gap: 8px; align-items: center; font-size: 15px; color: var(--ink); }
input, select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 6px 8px; max-width: 100%; min-height: 36px; }
input[type=radio], input[type=checkbox] { min-height: 0; width: 18px; height: 18px; flex: none; }
button { font: inherit; font-weight: 600; border: 1px solid var(--line); background: var(--card);
  color: var(--ink);
  border-radius: 6px; padding: 6px 12px; min-height: 36px; cursor: pointer; }
button.main { background: var(--green); border-color: var(--green); color: var(--green-ink); }
button.danger { color: var(--red); border-color: currentColor; }
button:hover { border-color: var(--ink); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 7px 10px 7px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-size: 13px; color: var(--soft); font-weight: 600; } td.num, th.num { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
details { border-bottom: 1px solid var(--line); padding: 8px 0; }
summary { cursor: pointer; display: grid;
  grid-template-columns: 84px minmax(120px, 1fr) 130px 140px 110px 150px 150px;
  gap: 8px; align-items: baseline; list-style: none; } summary strong::before { content: "\\25B8\\00A0"; }
summary::-webkit-details-marker { display: none; } details[open] summary strong::before
  { content: "\\25BE\\00A0"; }
.pair { display: grid; gap: 20px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  } summary .num { text-align: right; font-variant-numeric: tabular-nums; }
.tools { padding: 12px 0 6px; display: grid; gap: 12px; }
.state { font-weight: 600; } .state.open { color: var(--blue); } .state.paid { color: var(--green); }
.state.part { color: var(--amber); } .state.overdue { color: var(--red); } .state.voided
  { color: var(--soft); }
.message { background: var(--tint); border: 1px solid var(--green); border-radius: 8px;
  padding: 10px 14px; }
.choice { display: flex; gap: 10px; padding: 12px; border: 1px solid var(--line); border-radius: 8px;
  margin-bottom: 8px;
  align-items: center; } .choice strong { display: block; color: var(--ink); font-size: 15px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.sheet { max-width: 820px; margin: 0 auto; } dl
  { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
@media (max-width: 760px)
  { summary { grid-template-columns: 1fr 1fr; } main { padding: 12px; } section { padding: 14px; } }
"""

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="stylesheet" href="/pretend.css">
<link rel="icon" href="data:,">
</head>
<body>
<header class="top"><strong>Pretend QuickBooks</strong>
<span class="note">An emulator for trying things out. No Intuit service, no real money.</span></header>
<main class="$width">
$body
</main>
</body>
</html>
"""
)


def e(value: object) -> str:
    """The value as text that is safe inside HTML, attributes too."""
    return escape(str(value), quote=True)


def page(title: str, body: str, *, narrow: bool = False, status: int = 200) -> HTMLResponse:
    """A whole page around `body`, which is HTML already."""
    html = _PAGE.substitute(title=e(title), body=body, width="narrow" if narrow else "wide")
    headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(html, status_code=status, headers=headers)


def hidden(name: str, value: object) -> str:
    return f'<input type="hidden" name="{e(name)}" value="{e(value)}">'


def options(choices: dict[str, str], chosen: str) -> str:
    """The option elements of a select."""
    return "".join(
        f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(text)}</option>'
        for value, text in choices.items()
    )
