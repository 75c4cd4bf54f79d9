"""The shapes of all icons on a 16 grid; one path language, drawn in the text's colour."""

_DISC = '<circle class="fill" cx="8" cy="8" r="6.6"/>'
_CHECK_CUT = '<path class="cut" d="m5 8.2 2.1 2.1L11.1 6" stroke-width="1.8"/>'
_RING = '<circle cx="8" cy="8" r="6"/>'
_BIN = '<path d="M2.8 4.3h10.4M6.2 4V2.5h3.6V4M4 4.5l.6 8.2a1 1 0 0 0 1 .9h4.8a1 1 0 0 0 1-.9l.6-8.2"/>'
_SLASHED = '<circle cx="8" cy="8" r="5.5" stroke-width="1.8"/><path d="m4.2 4.2 7.6 7.6" stroke-width="1.8"/>'
_DOT = '<circle class="fill" cx="{}" cy="{}" r="{}"/>'

SHAPES: dict[str, str] = {
    # Status: the silhouettes differ, so that they work in grey.
    "open": '<circle cx="8" cy="8" r="5.3" stroke-width="2"/>',
    "partial": '<circle cx="8" cy="8" r="5.5" stroke-width="1.8"/>'
    '<path class="fill" d="M8 2.5a5.5 5.5 0 0 0 0 11Z"/>',
    "paid": _DISC + _CHECK_CUT,
    "overdue": '<circle class="fill" cx="8" cy="8.8" r="5.4"/><path class="cut" d="M8 6v3l2 1.3"/>'
    '<path d="M1.6 4.3 4 2M14.4 4.3 12 2" stroke-width="2"/>',
    "voided": _SLASHED,
    "deleted": _BIN,
    "unknown": '<circle cx="8" cy="8" r="5.7" stroke-width="1.8" stroke-dasharray="2.6 2.37"/>'
    + _DOT.format(8, 8, 1.6),
    "attention": '<path class="fill-round" d="M8 1.8 14.8 13.4a.7.7 0 0 1-.6 1H1.8a.7.7 0 0 1-.6-1Z"'
    ' stroke-width=".6"/><path class="cut" d="M8 6v3.6" stroke-width="1.8"/>'
    '<circle class="cut-fill" cx="8" cy="12" r=".9"/>',
    # Actions
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "refresh": '<path d="M13.2 7A5.3 5.3 0 0 0 3.6 5.1M2.8 9a5.3 5.3 0 0 0 9.6 1.9M3.4 2.4v2.8h2.8'
    'M12.6 13.6v-2.8H9.8"/>',
    "more": _DOT.format(3.4, 8, 1.25) + _DOT.format(8, 8, 1.25) + _DOT.format(12.6, 8, 1.25),
    "close": '<path d="m4.2 4.2 7.6 7.6M11.8 4.2l-7.6 7.6"/>',
    "search": '<circle cx="7" cy="7" r="4.4"/><path d="m10.3 10.3 3.4 3.4"/>',
    "link": '<path d="M6.8 9.2a2.7 2.7 0 0 0 3.9.1l2-2a2.7 2.7 0 0 0-3.9-3.9l-1 1'
    'M9.2 6.8a2.7 2.7 0 0 0-3.9-.1l-2 2a2.7 2.7 0 0 0 3.9 3.9l1-1"/>',
    "unlink": '<path d="m10.6 9.3 2.1-2a2.7 2.7 0 0 0-3.9-3.9l-1.6 1.6M5.4 6.6l-2.1 2.1'
    'a2.7 2.7 0 0 0 3.9 3.9l1.6-1.6M3 3l10 10"/>',
    "external": '<path d="M9.5 2.8h3.7v3.7M13 3 7.6 8.4M12 9.8v2.4a1 1 0 0 1-1 1H3.8a1 1 0 0 1-1-1V5'
    'a1 1 0 0 1 1-1h2.4"/>',
    "download": '<path d="M8 2.5v7.3M4.9 7 8 10.1 11.1 7M2.8 13.3h10.4"/>',
    "mail": '<rect x="1.8" y="3.3" width="12.4" height="9.4" rx="1.4"/><path d="m2.3 4.7 5.7 4 5.7-4"/>',
    "send": '<path d="M13.8 2.2 7 9M13.8 2.2 9.5 13.8 7 9 2.2 6.5Z"/>',
    "pencil": '<path d="m2.8 13.2.6-2.9 7.6-7.6a1.3 1.3 0 0 1 1.9 0l.4.4a1.3 1.3 0 0 1 0 1.9'
    'l-7.6 7.6ZM9.8 4l2.2 2.2"/>',
    "copy": '<rect x="5.5" y="5.5" width="8" height="8" rx="1.2"/>'
    '<path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>',
    "trash": _BIN,
    "ban": _SLASHED,
    "filter": '<path d="M2.3 3h11.4L9.5 8.2v4.3l-3 1V8.2Z"/>',
    "drag": "".join(_DOT.format(x, y, 1) for x in (6, 10) for y in (4, 8, 12)),
    "split": '<path d="M2.5 8h3L10 4h3.2M5.5 8 10 12h3.2M11.5 2.3 13.3 4l-1.8 1.7'
    'M11.5 10.3l1.8 1.7-1.8 1.7"/>',
    "sign-out": '<path d="M6.3 2.5H3.5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h2.8M10.2 5l3 3-3 3M13 8H6.3"/>',
    # Things
    "settings": '<circle cx="8" cy="8" r="2"/><circle cx="8" cy="8" r="4.6"/><path d="M8 1.6v1.8M8 12.6v1.8'
    "M1.6 8h1.8M12.6 8h1.8M3.5 3.5l1.2 1.2M11.3 11.3l1.2 1.2M12.5 3.5l-1.2 1.2"
    'M4.7 11.3l-1.2 1.2"/>',
    "building": '<path d="M3 13.5v-10a1 1 0 0 1 1-1h4.5a1 1 0 0 1 1 1v10M9.5 6.5H12a1 1 0 0 1 1 1v6'
    'M1.8 13.5h12.4M5.3 5.3h2M5.3 8h2M5.3 10.7h2"/>',
    "person": '<circle cx="8" cy="5" r="2.6"/><path d="M3 13.5c.3-2.9 2.3-4.3 5-4.3s4.7 1.4 5 4.3"/>',
    "people": '<circle cx="6" cy="5.3" r="2.3"/><path d="M1.8 13c.3-2.6 1.9-3.9 4.2-3.9s3.9 1.3 4.2 3.9'
    'M10.6 3.2a2.3 2.3 0 0 1 0 4.2M12 9.5c1.3.5 2.1 1.7 2.3 3.5"/>',
    "user": '<circle cx="8" cy="8" r="6.2"/><circle cx="8" cy="6.5" r="2"/>'
    '<path d="M4.2 12.7c.6-1.7 2-2.5 3.8-2.5s3.2.8 3.8 2.5"/>',
    "tag": '<path d="M2.5 3.3v4.2l6 6a1 1 0 0 0 1.4 0l3.6-3.6a1 1 0 0 0 0-1.4l-6-6H3.3a.8.8 0 0 0-.8.8Z"/>'
    '<circle cx="5.3" cy="5.3" r=".6"/>',
    "document": '<path d="M9.3 1.8H4.5a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1V5Z'
    'M9.3 2v3h3M5.8 8.3h4.4M5.8 11h4.4"/>',
    "note": '<path d="M13.5 9.5v-6a1 1 0 0 0-1-1h-9a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h6ZM9.5 13.3V9.5h3.8'
    'M5 5.7h6M5 8.3h3"/>',
    "calendar": '<rect x="2.3" y="3.3" width="11.4" height="10.2" rx="1.2"/>'
    '<path d="M2.3 6.5h11.4M5.3 1.8v3M10.7 1.8v3"/>',
    "coins": '<ellipse cx="8" cy="4" rx="4.8" ry="1.9"/><path d="M3.2 4v8c0 1 2.1 1.9 4.8 1.9s4.8-.9 4.8-1.9V4'
    'M3.2 8c0 1 2.1 1.9 4.8 1.9s4.8-.9 4.8-1.9"/>',
    "products": '<path d="m8 1.8 5.6 2.9v6.6L8 14.2l-5.6-2.9V4.7ZM2.6 4.8 8 7.7l5.4-2.9M8 7.8V14"/>',
    "deals": '<path d="M2.5 2.5h2.8v11H2.5ZM6.8 2.5h2.8v7H6.8ZM11 2.5h2.5v4.5H11Z"/>',
    "board": '<path d="M2.5 2.5h2.8v11H2.5ZM6.8 2.5h2.8v7H6.8ZM11 2.5h2.5v4.5H11Z"/>',
    "list": '<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1"/>',
    "chart": '<path d="M2.5 2.5v11h11M5.5 11V8.5M8.5 11V5.5M11.5 11V7"/>',
    "activity": '<path d="M1.5 8.5h2.8l2-5.5 3.2 10 2-4.5h3"/>',
    "plug": '<path d="M5.8 1.8v3.4M10.2 1.8v3.4M3.8 5.3h8.4v2.5a4.2 4.2 0 0 1-8.4 0ZM8 12v2.2"/>',
    "lock": '<rect x="3" y="7" width="10" height="6.8" rx="1.2"/><path d="M5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7"/>',
    "cloud-off": '<path d="M4.6 12.5h7.2a2.7 2.7 0 0 0 .5-5.4 4.3 4.3 0 0 0-8.2-.6 3 3 0 0 0 .5 6Z'
    'M2.5 2.5l11 11"/>',
    "globe": _RING
    + '<path d="M2 8h12M8 2c2 1.8 2.6 3.8 2.6 6S10 12.2 8 14c-2-1.8-2.6-3.8-2.6-6S6 3.8 8 2"/>',
    "code": '<path d="M5.3 4.5 1.8 8l3.5 3.5M10.7 4.5 14.2 8l-3.5 3.5M9.2 2.8 6.8 13.2"/>',
    "bolt": '<path d="M9 1.8 3 9h4.3L7 14.2 13 7H8.7Z"/>',
    "phone": '<path d="M5.6 2.5H3.2a1 1 0 0 0-1 1.1 11 11 0 0 0 10.2 10.2 1 1 0 0 0 1.1-1v-2.4l-3-1.2'
    '-1.3 1.6a8.5 8.5 0 0 1-4-4l1.6-1.3Z"/>',
    "bell": '<path d="M3 11.5h10l-1.2-1.8V7a3.8 3.8 0 0 0-7.6 0v2.7ZM6.5 13.8h3"/>',
    "eye": '<path d="M1.5 8S3.8 3.5 8 3.5 14.5 8 14.5 8 12.2 12.5 8 12.5 1.5 8 1.5 8Z"/>'
    '<circle cx="8" cy="8" r="1.9"/>',
    "clock": _RING + '<path d="M8 4.5V8l2.3 1.5"/>',
    "info": _RING + '<path d="M8 7.5v3.3M8 5.2v.1"/>',
    "help": _RING + '<path d="M6.2 6.3a1.8 1.8 0 1 1 2.7 1.6c-.6.4-.9.7-.9 1.4M8 11.4v.1"/>',
    "sun": '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9'
    'M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9"/>',
    "moon": '<path d="M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z"/>',
    "monitor": '<rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1.2"/><path d="M5.5 13.7h5M8 11.3v2.3"/>',
    # Marks and arrows
    "check": '<path d="m3.2 8.4 3.1 3.1 6.5-6.7"/>',
    "check-circle": _DISC + _CHECK_CUT,
    "arrow-left": '<path d="M13 8H3M7 4 3 8l4 4"/>',
    "arrow-right": '<path d="M3 8h10M9 4l4 4-4 4"/>',
    "arrow-up": '<path d="M8 13V3M4 7l4-4 4 4"/>',
    "arrow-down": '<path d="M8 3v10M4 9l4 4 4-4"/>',
    "sort": '<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>',
    "chevron-up": '<path d="m4 10 4-4 4 4"/>',
    "chevron-down": '<path d="m4 6 4 4 4-4"/>',
    "chevron-left": '<path d="m10 4-4 4 4 4"/>',
    "chevron-right": '<path d="m6 4 4 4-4 4"/>',
    "logo": '<path d="M3.5 2.3h9v11.5l-2.2-1.3L8 13.8l-2.3-1.3-2.2 1.3ZM5.7 7.2l1.6 1.6 3-3.1"/>',
}
