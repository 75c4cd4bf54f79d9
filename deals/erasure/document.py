"""The table of docs/privacy.md, written from the declarations: a test keeps it current."""

from django.utils import translation

from .registry import declarations


def privacy_table() -> str:
    """Return what each record type holds of people and what an erasure does to it, as a Markdown table."""
    lines = ["| record | removed | kept, and why | looked through |", "|---|---|---|---|"]
    with translation.override("en"):
        for one in declarations():
            fields = ", ".join(
                f"`{name}`" for name in sorted(one.searched | one.addresses | set(one.emptied))
            )
            removes = str(one.removes) or (
                "–" if not fields else "Names and addresses are replaced in the texts."
            )
            lines.append(f"| {one.title} (`{one.name}`) | {removes} | {one.keeps or '–'} | {fields or '–'} |")
    return "\n".join(lines)
