"""The view of one deal: the app's panel on the left, facts, products, notes and fields on the right."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from pipedrive_emulator.core.clean_html import as_text
from pipedrive_emulator.core.store import Row
from pipedrive_emulator.web import embed
from pipedrive_emulator.web.layout import e, hidden, options, origin, theme, viewer
from pipedrive_emulator.world import World


def host_script(world: World, frames: list[Row], deal_id: int | None) -> str:
    """Return the script of the page that hosts frames, with what it has to know."""
    config = {
        "frames": frames,
        "appOrigin": origin(world.settings.app_url),
        "dealId": deal_id,
        "settingsUrl": f"/settings/marketplace/app/{world.settings.client_id}/app-settings",
    }
    # Inside a script element only a closing tag could end the text early.
    text = json.dumps(config).replace("<", "\\u003c")
    return f"""<script type="application/json" id="host-config">{text}</script>
<script src="/static/host.js" defer></script>"""


def _panel(world: World, request: Request, deal: Row) -> str:
    user = viewer(world, request)
    if not world.tokens.is_installed(user["id"]):
        return """<div class="card" id="install-card"><p>This app is not installed for you.</p>
<form method="post" action="/marketplace/install"><button class="primary">Install</button></form></div>"""
    frame = embed.frame(world, user["id"], embed.PANEL, theme=theme(request), selected=str(deal["id"]))
    menu = "".join(
        f'<button type="button" data-modal="{e(action_id)}">{e(title)}</button>'
        for action_id, title in embed.TITLES.items()
    )
    script = host_script(world, [{**frame, "kind": "panel", "element": "app-panel"}], deal["id"])
    return f"""<div class="card panel"><h2>{e(world.settings.client_id)} <span id="notification" hidden></span>
<button type="button" id="panel-toggle">Collapse</button></h2>
<div class="extension" id="app-panel"></div>
<details class="actions"><summary>Actions of the app</summary>{menu}</details></div>{script}"""


def _name(world: World, kind: str, row_id: Any) -> str:
    row = world.store.get(kind, row_id)
    return e(row["name"]) if row else "–"


def _facts(world: World, deal: Row) -> str:
    state = "archived" if deal["is_archived"] else deal["status"]
    person = world.store.get("person", deal["person_id"])
    emails = [one["value"] for one in (person or {}).get("emails", []) if one["primary"]]
    organization = world.store.get("organization", deal["org_id"])
    address = ((organization or {}).get("address") or {}).get("value", "")
    facts = {
        "Value": f'<span id="deal-value">{deal["value"]:,}</span> {e(deal["currency"])}',
        "Status": e(state),
        "Pipeline and stage": f"{_name(world, 'pipeline', deal['pipeline_id'])}, {_name(world, 'stage', deal['stage_id'])}",
        "Person": _name(world, "person", deal["person_id"]),
        "E-mail": e(", ".join(emails)) or "–",
        "Organization": _name(world, "organization", deal["org_id"]),
        "Address": e(address) or "–",
        "Owner": _name(world, "user", deal["owner_id"]),
        "Visible to": "owner only" if deal["visible_to"] == 1 else "the whole company",
    }
    rows = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts.items())
    return f"<section><h1>{e(deal['title'])}</h1><dl>{rows}</dl></section>"


def _line(deal: Row, line: Row) -> str:
    sign = "%" if line["discount_type"] == "percentage" else f" {line['currency']}"
    form = f"line-{line['id']}"
    off = "" if line["is_enabled"] else ' <span class="off">off</span>'
    return f"""<tr id="row-{form}"><td>{e(line["name"])}{off}</td>
<td><form method="post" action="/deal/{deal["id"]}/line" id="{form}">{hidden("line_id", line["id"])}
<input form="{form}" name="quantity" value="{e(line["quantity"])}" size="5" aria-label="Quantity"></form></td>
<td><input form="{form}" name="item_price" value="{e(line["item_price"])}" size="8" aria-label="Price"></td>
<td>{e(line["discount"])}{e(sign)}</td><td>{e(line["tax"])}% {e(line["tax_method"])}</td>
<td class="number">{e(line["sum"])}</td><td><button form="{form}">Save</button>
<button form="{form}" name="remove" value="1">Remove</button></td></tr>"""


def _products(world: World, deal: Row) -> str:
    lines = "".join(_line(deal, line) for line in world.store.lines(deal["id"]))
    products = world.store.table("product").values()
    offered = {str(row["id"]): row["name"] for row in products if not row["is_deleted"]}
    discounts = "".join(
        f"<li>{e(row['description'])}: {e(row['amount'])}{'%' if row['type'] == 'percentage' else ''}</li>"
        for row in world.store.discounts(deal["id"])
    )
    installments = "".join(
        f"<li>{e(row['billing_date'])} {e(row['description'])}: {e(row['amount'])}</li>"
        for row in world.store.installments(deal["id"])
    )
    more = f"<h3>Discounts on the deal</h3><ul>{discounts}</ul>" if discounts else ""
    more += f"<h3>Installments</h3><ul>{installments}</ul>" if installments else ""
    return f"""<section id="products"><h2>Products</h2><table><thead><tr><th>Product</th><th>Quantity</th>
<th>Price</th><th>Discount</th><th>Tax</th><th class="number">Sum</th><th></th></tr></thead><tbody>{lines}</tbody></table>
<form method="post" action="/deal/{deal["id"]}/add-line"><label>Product
<select name="product_id">{options(offered, "")}</select></label>
<label>Quantity <input name="quantity" value="1" size="5"></label> <button>Add product</button></form>{more}</section>"""


def _notes(world: World, deal: Row) -> str:
    items = []
    for note in world.store.table("note").values():
        if note["deal_id"] != deal["id"] or not note["active_flag"]:
            continue
        author = _name(world, "user", note["user_id"])
        items.append(
            f'<li class="text"><span class="soft">{e(note["add_time"])} {author}</span>\n{e(as_text(note["content"]))}</li>'
        )
    return f"""<section id="notes"><h2>Notes</h2><ul>{"".join(reversed(items))}</ul>
<form method="post" action="/deal/{deal["id"]}/note"><textarea name="content" rows="2" aria-label="Note"></textarea>
<button>Add note</button></form></section>"""


def _value(world: World, field: Row, value: Any) -> str:
    """Return a value of a custom field as a person reads it."""
    kind = field["field_type"]
    if value is None:
        return "–"
    labels = {option["id"]: option["label"] for option in field["options"] or []}
    if kind in {"user", "org", "people"}:
        return _name(world, {"org": "organization", "people": "person", "user": "user"}[kind], value)
    if kind == "enum":
        return e(labels.get(value))
    if kind == "set":
        return e(", ".join(str(labels.get(option)) for option in value))
    if kind == "monetary":
        return e(f"{value['value']} {value['currency']}")
    if isinstance(value, dict):
        return e(" – ".join(str(value[part]) for part in ("value", "until") if value.get(part)))
    return e(value)


def _customs(world: World, deal: Row) -> str:
    fields = world.store.fields["deal"]
    rows = "".join(
        f'<dt title="{e(code)}">{e(fields[code]["field_name"])}</dt><dd>{_value(world, fields[code], value)}</dd>'
        for code, value in deal["custom_fields"].items()
        if code in fields
    )
    return f'<section id="custom-fields"><h2>Custom fields</h2><dl>{rows}</dl></section>'


def body(world: World, request: Request, deal: Row) -> str:
    """Return the deal view inside the page."""
    return f"""<div class="deal"><aside>{_panel(world, request, deal)}</aside>
<div>{_facts(world, deal)}{_products(world, deal)}{_notes(world, deal)}{_customs(world, deal)}</div></div>"""
