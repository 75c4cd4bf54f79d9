"""The demo company: an office outfitter that sells to clinics, studios and bakeries."""

from typing import Any

PASSWORD = "bluestem-demo-2026"  # noqa: S105 - printed at every demo start, of demo accounts only
DEMO_ACCOUNT = "Bluestem Office Interiors"
OTHER_ACCOUNT = "Harbor & Pine"
SIGN_INS = (
    ("dana", "Dana Whitfield", "admin", DEMO_ACCOUNT),
    ("tomas", "Tomás Ortega", "rep", DEMO_ACCOUNT),
    ("mei", "Mei Kato", "rep", DEMO_ACCOUNT),
    ("rita", "Rita Lund", "rep", OTHER_ACCOUNT),
)
STAGES = ("Qualified", "Site visit", "Proposal", "Negotiation", "Won", "Delivery")
CUSTOM_FIELDS = (
    ("organization", "tax_id", "Tax ID", "text"),
    ("organization", "billing_email", "Billing email", "email"),
    ("person", "private_tax_number", "Private tax number", "text"),
    ("deal", "po_number", "PO number", "text"),
    ("deal", "billing_address", "Billing address", "address"),
)


def _parts(street: str, city: str, postal_code: str, **custom: str) -> dict[str, Any]:
    return {"street": street, "city": city, "region": "TX", "postal_code": postal_code, "custom": custom}


ORGANIZATIONS: dict[str, dict[str, Any]] = {
    "Marlow Dental Group": _parts(
        "1200 W 6th St, Suite 400",
        "Austin",
        "78703",
        tax_id="74-2981150",
        billing_email="accounts@marlowdental.example",
    ),
    "Brightwater Dental Care": _parts("88 Lake Shore Dr", "Austin", "78746", tax_id="74-1182034"),
    "Hill Country Dental Labs": _parts("401 Main St", "Fredericksburg", "78624"),
    "Pecan Street Dental": _parts("512 E 6th St", "Austin", "78701", tax_id="74-5520198"),
    "Lakeline Dental PLLC": _parts("11200 Lakeline Mall Dr", "Cedar Park", "78613"),
    "Cedar Park Dental": {"address": "1335 E Whitestone Blvd, Cedar Park, TX 78613"},
    "Oak Hill Family Dental": _parts("6036 W US-290", "Austin", "78735"),
    "Ridgeline Studio": {"address": "88 Rainey St\nAustin, TX 78701"},
    'O\'Neil & Daughters "Fine" Bakery 🥐': _parts("19 Congress Ave", "Austin", "78701"),
    "Sundial Veterinary Clinic": _parts("2405 S Lamar Blvd", "Austin", "78704"),
    "Copper Kettle Coffee": _parts("300 Colorado St", "Austin", "78701"),
    "Westlake Orthodontics": {"address": "3801 Bee Caves Rd, West Lake Hills, TX 78746"},
    "Blanco River Surveyors": {},
    "Zilker Montessori School": _parts("1800 Barton Springs Rd", "Austin", "78704", tax_id="EX-20418"),
    "Harper: Lane Architects": _parts("77 Trinity St", "Austin", "78701"),
    "Driftwood Yoga": _parts("14 Ranch Road 12", "Driftwood", "78619"),
    "Kestrel Legal LLP": _parts("100 Congress Ave, Floor 20", "Austin", "78701", tax_id="74-9003311"),
    "Mueller Pediatrics": _parts("1900 Simond Ave", "Austin", "78723"),
}

PEOPLE: dict[str, tuple[str, str, dict[str, str]]] = {
    "Priya Raman": ("Marlow Dental Group", "accounts@marlowdental.example", {}),
    "Ben Castillo": ("Brightwater Dental Care", "ben@brightwater.example", {}),
    "Ute Becker": ("Hill Country Dental Labs", "office@hcdl.example", {}),
    "Sam Pruitt": ("Pecan Street Dental", "sam@pecandental.example", {}),
    "Leah Stone": ("Lakeline Dental PLLC", "leah@lakeline.example", {}),
    "Victor Hale": ("Cedar Park Dental", "", {}),
    "Nora Quist": ("Oak Hill Family Dental", "nora@oakhill.example", {}),
    "Ada Ridge": ("Ridgeline Studio", "billing@ridgeline.example", {}),
    "Maeve O'Neil": ('O\'Neil & Daughters "Fine" Bakery 🥐', "maeve@oneil.example", {}),
    "Jon Sund": ("Sundial Veterinary Clinic", "jon@sundialvet.example", {}),
    "Hana Kim": ("Kestrel Legal LLP", "hana@kestrel.example", {}),
    "Paul Private": ("", "paul@private.example", {"private_tax_number": "900-11-2233"}),
    "Grace Mills": ("Mueller Pediatrics", "not an address", {}),
}

PRODUCTS = {
    "DSK-60": ("Sit/stand desk, 60 in", "745.00", "8.25"),
    "DSK-72": ("Sit/stand desk, 72 in", "865.00", "8.25"),
    "PNL-24": ("Acoustic wall panel", "123.00", "8.25"),
    "CHR-T1": ("Task chair", "389.00", "8.25"),
    "CHR-G2": ("Guest chair", "215.00", "8.25"),
    "TBL-MT": ("Meeting table, 96 in", "1890.00", "8.25"),
    "CAB-LT": ("Lateral filing cabinet", "540.00", "8.25"),
    "ARM-MN": ("Monitor arm", "189.00", "8.25"),
    "LMP-DK": ("Desk lamp", "79.50", "8.25"),
    "RCP-01": ("Reception counter", "4250.00", "8.25"),
    "INS-HR": ("On-site installation", "95.00", "0"),
    "DLV-01": ("Delivery and handling", "620.00", "0"),
    "PKG-RM": ("Packaging removal", "100.00", "0"),
    "DSG-HR": ("Design hours", "140.00", "0"),
}

Line = tuple[str, str, str, str]
_SMALL: list[Line] = [("DSK-60", "4", "0", ""), ("CHR-T1", "4", "0", ""), ("INS-HR", "6", "0", "")]
_SEATS: list[Line] = [("CHR-G2", "12", "10", "Fabric: moss"), ("DLV-01", "1", "0", "")]
_ROOM: list[Line] = [
    ("TBL-MT", "1", "0", ""),
    ("CHR-T1", "8", "5", ""),
    ("PNL-24", "10", "0", "24 x 48 in, moss"),
]
_DESIGN: list[Line] = [("DSG-HR", "12.5", "0", "Concept and drawings")]
_STAR: list[Line] = [
    ("DSK-60", "24", "0", "White oak top, graphite frame"),
    ("PNL-24", "60", "0", "24 x 48 in, moss"),
    ("INS-HR", "80", "0", "Three clinics"),
    ("DLV-01", "3", "0", "Three drops"),
    ("PKG-RM", "3", "0", "One visit per clinic"),
    ("CHR-T1", "24", "0", ""),
]

Row = tuple[str, str, str, str, str, list[Line], dict[str, Any]]
DEALS: list[Row] = [
    ("Marlow Dental: three-clinic fit-out", "Marlow Dental Group", "Priya Raman", "Delivery", "dana", _STAR,
     {"value": "48600.00", "custom": {"po_number": "MDG-2291"}}),
    ("Brightwater Dental: reception", "Brightwater Dental Care", "Ben Castillo", "Delivery", "tomas",
     [("RCP-01", "1", "0", ""), ("CHR-G2", "6", "0", ""), ("INS-HR", "8", "0", "")], {}),
    ("Hill Country Dental: labs", "Hill Country Dental Labs", "Ute Becker", "Won", "tomas", _ROOM, {}),
    ("Pecan Dental: seating", "Pecan Street Dental", "Sam Pruitt", "Delivery", "dana", _SEATS, {}),
    ("Lakeline Dental: two operatories", "Lakeline Dental PLLC", "Leah Stone", "Won", "mei", _SMALL, {}),
    ("Marlow Dental: chairs", "Marlow Dental Group", "Priya Raman", "Won", "dana", _SEATS, {}),
    ("Cedar Dental: sterilization room", "Cedar Park Dental", "Victor Hale", "Delivery", "dana", _ROOM, {}),
    ("Oak Hill Dental: storage", "Oak Hill Family Dental", "Nora Quist", "Won", "tomas",
     [("CAB-LT", "14", "8", ""), ("DLV-01", "1", "0", "")], {}),
    ("Ridgeline Studio: first office", "Ridgeline Studio", "Ada Ridge", "Proposal", "mei", _SMALL, {}),
    ("O'Neil & Daughters: café \"corner\" 🥐", "O'Neil & Daughters \"Fine\" Bakery 🥐", "Maeve O'Neil", "Negotiation",
     "tomas", _SEATS, {}),
    ("Sundial Vet: waiting room", "Sundial Veterinary Clinic", "Jon Sund", "Site visit", "dana", _SEATS, {}),
    ("Kestrel Legal: floor 20", "Kestrel Legal LLP", "Hana Kim", "Negotiation", "dana", _STAR, {}),
    ("Copper Kettle: no products yet", "Copper Kettle Coffee", "", "Qualified", "mei", [], {"value": "12000"}),
    ("Westlake Orthodontics: consultation", "Westlake Orthodontics", "", "Proposal", "mei", _DESIGN, {}),
    ("Blanco River: no address", "Blanco River Surveyors", "", "Won", "tomas", _SMALL, {}),
    ("Zilker Montessori: library", "Zilker Montessori School", "", "Won", "mei", _ROOM, {}),
    ("Harper Lane: name with a colon", "Harper: Lane Architects", "", "Won", "dana", _DESIGN, {}),
    ("Paul Private: home office", "", "Paul Private", "Won", "tomas", _SMALL, {}),
    ("Walk-in: nobody known yet", "", "", "Won", "dana", _SMALL, {}),
    ("Mueller Pediatrics: play corner", "Mueller Pediatrics", "Grace Mills", "Won", "mei", _SEATS, {}),
    ("Driftwood Yoga: studio B", "Driftwood Yoga", "", "Qualified", "tomas", _DESIGN, {}),
    *(
        (f"{name}: {what}", name, "", stage, owner, lines, {})
        for name, what, stage, owner, lines in (
            ("Marlow Dental Group", "break room", "Proposal", "dana", _ROOM),
            ("Brightwater Dental Care", "desk lamps", "Won", "tomas", [("LMP-DK", "30", "15", "")]),
            ("Pecan Street Dental", "monitor arms", "Won", "mei", [("ARM-MN", "16", "0", "")]),
            ("Lakeline Dental PLLC", "second floor", "Qualified", "mei", _STAR),
            ("Cedar Park Dental", "filing", "Site visit", "tomas", [("CAB-LT", "6", "0", "")]),
            ("Oak Hill Family Dental", "front desk", "Negotiation", "dana", [("RCP-01", "1", "5", "")]),
            ("Hill Country Dental Labs", "design phase", "Won", "tomas", _DESIGN),
            ("Sundial Veterinary Clinic", "staff room", "Qualified", "mei", _SMALL),
            ("Copper Kettle Coffee", "second shop", "Proposal", "tomas", _SEATS),
            ("Kestrel Legal LLP", "meeting rooms", "Won", "dana", _ROOM),
            ("Zilker Montessori School", "office", "Delivery", "mei", _SMALL),
            ("Mueller Pediatrics", "treatment rooms", "Site visit", "dana", _SMALL),
            ("Driftwood Yoga", "lobby", "Won", "tomas", _SEATS),
            ("Westlake Orthodontics", "bay expansion", "Won", "dana", _STAR),
            ("Ridgeline Studio", "phone booths", "Won", "mei", [("PNL-24", "40", "12", "")]),
            ("Blanco River Surveyors", "plan cabinets", "Qualified", "tomas", [("CAB-LT", "9", "0", "")]),
        )
    ),
]  # fmt: skip
