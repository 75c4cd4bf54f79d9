"""The shapes of all icons on a 16 grid; one path language, drawn in the text's colour."""

SHAPES: dict[str, str] = {
    "open": '<circle cx="8" cy="8" r="5.3" stroke-width="2"/>',
    "partial": '<circle cx="8" cy="8" r="5.5" stroke-width="1.8"/><path class="fill" d="M8 2.5a5.5 5.5 0 0 0 0 11Z"/>',
    "paid": '<circle class="fill" cx="8" cy="8" r="6.6"/><path class="cut" d="m5 8.2 2.1 2.1L11.1 6" stroke-width="1.8"/>',
    "overdue": '<circle class="fill" cx="8" cy="8.8" r="5.4"/><path class="cut" d="M8 6v3l2 1.3"/>'
    '<path d="M1.6 4.3 4 2M14.4 4.3 12 2" stroke-width="2"/>',
    "voided": '<circle cx="8" cy="8" r="5.5" stroke-width="1.8"/><path d="m4.2 4.2 7.6 7.6" stroke-width="1.8"/>',
    "deleted": '<path d="M2.8 4.3h10.4M6.2 4V2.5h3.6V4M4 4.5l.6 8.2a1 1 0 0 0 1 .9h4.8a1 1 0 0 0 1-.9l.6-8.2"/>',
    "unknown": '<circle cx="8" cy="8" r="5.7" stroke-width="1.8" stroke-dasharray="2.6 2.37"/>'
    '<circle class="fill" cx="8" cy="8" r="1.6"/>',
    "attention": '<path class="fill" d="M8 1.8 14.8 13.4a.7.7 0 0 1-.6 1H1.8a.7.7 0 0 1-.6-1Z"/>'
    '<path class="cut" d="M8 6v3.6" stroke-width="1.8"/><circle class="cut-fill" cx="8" cy="12" r=".9"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "refresh": '<path d="M13 6.5A5.3 5.3 0 0 0 3.4 5.2M3 9.5a5.3 5.3 0 0 0 9.6 1.3M3.2 2.5v3h3M12.8 13.5v-3h-3"/>',
    "more": '<circle class="fill" cx="3" cy="8" r="1.3"/><circle class="fill" cx="8" cy="8" r="1.3"/>'
    '<circle class="fill" cx="13" cy="8" r="1.3"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "search": '<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.2 3.2"/>',
    "link": '<path d="M6.7 9.3a2.7 2.7 0 0 0 3.9 0l2.1-2.1a2.7 2.7 0 0 0-3.9-3.9l-.9.9M9.3 6.7a2.7 2.7 0 0 0-3.9 0'
    'L3.3 8.8a2.7 2.7 0 0 0 3.9 3.9l.9-.9"/>',
    "unlink": '<path d="m9.8 9 2.9-1.8a2.7 2.7 0 0 0-3.9-3.9l-1 1M6.2 7 3.3 8.8a2.7 2.7 0 0 0 3.9 3.9l1-1M3 3l10 10"/>',
    "external": '<path d="M9 3h4v4M13 3 7.5 8.5M11.5 9.5v3a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h3"/>',
    "download": '<path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.8 13.3h10.4"/>',
    "mail": '<rect x="2" y="3.5" width="12" height="9" rx="1"/><path d="m2.4 4.5 5.6 4 5.6-4"/>',
    "send": '<path d="M14 2 7 9M14 2 9.6 14 7 9 2 6.4Z"/>',
    "settings": '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4'
    'M12.4 3.6 11 5M5 11l-1.4 1.4"/>',
    "building": '<path d="M3 13.5v-11h6v11M9 6.5h4v7M1.8 13.5h12.4M5 5h2M5 7.5h2M5 10h2"/>',
    "person": '<circle cx="8" cy="5" r="2.6"/><path d="M3 13.5c.5-3 2.4-4.4 5-4.4s4.500 1.400 5 4.400"/>',
    "people": '<circle cx="6" cy="5.200" r="2.200"/><path d="M1.800 13c.4-2.600 2-3.800 4.200-3.800s3.800 1.200 4.200 3.800M10.500 3.200a2.200 2.200 0 0 1 0 4'
    'M12 9.600c1.300.6 2 1.700 2.200 3.400"/>',
    "tag": '<path d="M2.500 2.500h5l6 6-5 5-6-6Z"/><circle cx="5.200" cy="5.200" r=".8"/>',
    "document": '<path d="M3.500 1.800h6l3 3v9.400h-9ZM9.300 2v3h3M5.800 8h4.400M5.800 10.700h4.400"/>',
    "calendar": '<rect x="2.300" y="3.300" width="11.400" height="10.200" rx="1"/><path d="M2.300 6.500h11.400M5.300 1.800v3M10.700 1.800v3"/>',
    "check": '<path d="m3 8.500 3.200 3.200L13 4.800"/>',
    "check-circle": '<circle class="fill" cx="8" cy="8" r="6.600"/><path class="cut" d="m5 8.200 2.100 2.100L11.100 6" stroke-width="1.800"/>',
    "info": '<circle cx="8" cy="8" r="6"/><path d="M8 7.300v3.500M8 5.100v.1"/>',
    "pencil": '<path d="m3 10.500-.5 3 3-.5 7.800-7.800-2.500-2.500ZM9.300 4.200l2.500 2.500"/>',
    "plug": '<path d="M5.500 1.800v3.500M10.500 1.800v3.500M3.500 5.300h9v2.500a4.500 4.500 0 0 1-9 0ZM8 12.300v2"/>',
    "lock": '<rect x="3" y="7" width="10" height="6.800" rx="1"/><path d="M5 7V4.800a3 3 0 0 1 6 0V7"/>',
    "trash": '<path d="M2.800 4.300h10.400M6.200 4V2.500h3.600V4M4 4.500l.6 8.200a1 1 0 0 0 1 .9h4.800a1 1 0 0 0 1-.9l.6-8.200"/>',
    "deals": '<path d="M2.500 2.500h3v11h-3ZM6.700 2.500h3v6.500h-3ZM10.900 2.500h2.800v4h-2.800Z"/>',
    "products": '<path d="m8 1.800 5.800 3v6.400L8 14.200l-5.800-3V4.800ZM2.200 4.800 8 8l5.800-3.200M8 8v6"/>',
    "activity": '<path d="M1.500 8.500h3l2-5.500 3 10 2-4.500h3"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.500V8l2.300 1.500"/>',
    "cloud-off": '<path d="M4.500 12.500h7.500a2.700 2.700 0 0 0 .4-5.400A4.300 4.300 0 0 0 4.300 6.300a3.100 3.100 0 0 0 .2 6.200M2.500 2.500l11 11"/>',
    "coins": '<ellipse cx="8" cy="4" rx="5" ry="2"/><path d="M3 4v8c0 1.100 2.200 2 5 2s5-.9 5-2V4M3 8c0 1.100 2.200 2 5 2s5-.9 5-2"/>',
    "arrow-left": '<path d="M13 8H3M7 4 3 8l4 4"/>',
    "arrow-right": '<path d="M3 8h10M9 4l4 4-4 4"/>',
    "chevron-down": '<path d="m4 6 4 4 4-4"/>',
    "chevron-left": '<path d="m10 4-4 4 4 4"/>',
    "chevron-right": '<path d="m6 4 4 4-4 4"/>',
    "sign-out": '<path d="M6.500 2.500h-4v11h4M10 5l3 3-3 3M13 8H6"/>',
    "moon": '<path d="M13.500 9.600A6 6 0 0 1 6.400 2.500a6 6 0 1 0 7.100 7.100Z"/>',
    "logo": '<path d="M3.500 1.800h9v12.400l-2.200-1.400L8 14.200l-2.300-1.400-2.200 1.400ZM5.700 7l1.600 1.600L10.500 5.500"/>',
}
