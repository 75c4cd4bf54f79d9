"""Style sheets and templates agree: contrast, tokens only, no inline style or script, no unknown class or icon."""

import re
from itertools import product
from pathlib import Path

import pytest

from crm_invoicing.ui.icons import SHAPES

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
HOOKS = {"sheet-main", "checks", "progress"}  # names of parts that need no rule of their own
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))


def tokens(selector: str) -> dict[str, str]:
    text = (ROOT / "static" / "css" / "tokens.css").read_text()
    blocks = re.findall(rf"(?m)^\s*{re.escape(selector)} \{{(.*?)\}}", text, re.S)
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", " ".join(blocks)))
    assert len(found) > 40
    return found


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


THEMES = {"light": ":root", "dark": '[data-theme="dark"]'}
TEXT_ON = [
    *product(("text", "text-2", "text-3", "accent-text"), ("surface", "bg", "surface-2")),
    *((f"{name}-text", f"{name}-tint") for name in ("open", "paid", "partial", "late", "voided", "unknown")),
    ("attention-text", "attention-tint"),
    ("deleted-text", "surface"),
    ("accent-text", "accent-soft"),
    ("toast-text", "toast-bg"),
]
EDGES = [
    ("border-strong", "surface"),
    *((f"{name}-solid", "surface") for name in ("open", "paid", "late", "unknown")),
]


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_and_edges_are_visible_in_both_themes(theme):
    values = {**tokens(":root"), **tokens(THEMES[theme])}
    weak = [(a, b) for a, b in TEXT_ON if contrast(values[a], values[b]) < 4.5]
    faint = [(a, b) for a, b in EDGES if contrast(values[a], values[b]) < 3]
    assert (weak, faint) == ([], [])
    for fill in ("accent", "accent-hover", "danger", "danger-hover"):
        assert contrast(values["on-accent"], values[fill]) >= 4.5


def test_the_system_s_dark_is_the_chosen_dark():
    text = (ROOT / "static" / "css" / "tokens.css").read_text()
    chosen = re.search(r'\[data-theme="dark"\] \{(.*?)\n\}', text, re.S)
    system = re.search(r":root:not\(\[data-theme\]\) \{(.*?)\n  \}", text, re.S)
    assert chosen
    assert system
    assert chosen.group(1).split() == system.group(1).split()


def test_colours_stand_in_the_tokens_only():
    assert len(SHEETS) >= 6
    for sheet in SHEETS:
        if sheet.name != "tokens.css":
            raw = re.findall(r":[^;{}]*?(#[0-9a-fA-F]{3,8}\b|rgba?\()", sheet.read_text())
            assert raw == [], sheet.name


def test_every_token_that_is_used_exists():
    text = "".join(sheet.read_text() for sheet in SHEETS)
    used, made = set(re.findall(r"var\(--([a-z0-9-]+)", text)), set(re.findall(r"--([a-z0-9-]+):", text))
    assert len(used) > 40
    assert used - made == set()


def test_templates_hold_no_inline_style_or_script():
    assert len(TEMPLATES) > 20
    for template in TEMPLATES:
        text = template.read_text()
        assert not re.search(r"<[^>]+\sstyle=", text), template.name
        assert not re.search(r"<[^>]+\son[a-z]+=", text), template.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template.name


def test_every_class_of_a_template_is_known_to_a_style_sheet():
    css = "".join(sheet.read_text() for sheet in SHEETS)
    known = set(re.findall(r"\.([a-z][a-z0-9_-]*)", css)) | HOOKS
    used = set()
    for template in TEMPLATES:
        for value in re.findall(r'class="([^"]*)"', re.sub(r"\{[%{].*?[%}]\}", "\0", template.read_text())):
            used |= {name for name in value.replace("\0", "\0 ").split() if "\0" not in name}
    assert len(used) > 80
    assert {name for name in used if name not in known} == set()


def test_every_icon_that_is_named_is_drawn():
    named = set()
    for template in TEMPLATES:
        named |= set(re.findall(r'\{% icon "([a-z-]+)"', template.read_text()))
    assert len(named) > 20
    assert named - set(SHAPES) == set()


def test_scripts_need_no_eval_and_write_no_style_text():
    assert len(MODULES) > 8
    for module in MODULES:
        text = module.read_text()
        assert "eval(" not in text, module.name
        assert "setAttribute('style'" not in text.replace('"', "'"), module.name
