"""The lists of a company in the United States that sells in several currencies."""

from __future__ import annotations

from qbo_emulator.seed.country import Country, table
from qbo_emulator.seed.us_rows import ACCOUNTS, PAYMENT_METHODS

US_MULTI = Country(
    iso3="USA",
    street=("61 Greenpoint Avenue", "Brooklyn", "NY", "11222"),
    phone="(718) 555-01##",
    industry="Audio equipment and licensing",
    accounts=(*ACCOUNTS, ("Exchange Gain or Loss", "Expense", "Other Expense", "ExchangeGainOrLoss")),
    items=table(
        """
Services|Service||120|0|no|7|General services
Studio monitor Five|Inventory|SM-5|349|180|yes|6|Active monitor, 5 inches
Studio monitor Eight|Inventory|SM-8|579|310|yes|6|Active monitor, 8 inches
Subwoofer Ten|Inventory|SW-10|690|380|yes|6|Active subwoofer, 10 inches
Headphones Closed|Inventory|HP-C|189|85|yes|6|Closed back, 80 ohms
Headphones Open|Inventory|HP-O|239|110|yes|6|Open back, 150 ohms
Large condenser|Inventory|MC-L|899|430|yes|6|Studio microphone, cardioid
Small condenser pair|Inventory|MC-S2|649|300|yes|6|Matched pair
Dynamic vocal|Inventory|MD-V|129|52|yes|6|Stage microphone
Ribbon microphone|NonInventory|MR-1|1150|600|yes|6|Figure of eight
Preamp, two channels|NonInventory|PA-2|790|410|yes|6|Rack unit
Preamp, eight channels|NonInventory|PA-8|1890|980|yes|6|Rack unit with ADAT
Interface, four inputs|Inventory|IF-4|299|140|yes|6|USB-C
Interface, sixteen inputs|Inventory|IF-16|1190|620|yes|6|Thunderbolt
Monitor controller|NonInventory|CT-1|449|220|yes|6|Passive, two sets
Patch bay 48|Inventory|PB-48|139|60|yes|6|Balanced
Microphone stand|Inventory|ST-M|58|22|yes|6|With boom
Isolation shield|Inventory|IS-1|99|40|yes|6|Foldable
Bass trap, corner|NonInventory|BT-C|84.50|36|yes|6|Foam, pair
Diffuser panel|NonInventory|DF-1|210|95|yes|6|Poplar
Cable, 10 ft|Inventory|CB-10|24.90|8|yes|6|Balanced
Cable, 25 ft|Inventory|CB-25|39.90|13|yes|6|Balanced
Plug-in licence|Service|LC-P|149|0|no|7|One seat, perpetual
Sound library|Service|LC-S|480|0|no|7|Yearly licence
Site licence|Service|LC-W|2400|0|no|7|Yearly, up to 25 seats
Acoustic survey|Service|SV-AC|950|0|no|10|Measurement and report
Studio installation|Service|SV-IN|110|0|no|8|Per hour
Freight, domestic|Service|SV-FD|45|0|no|9|Per parcel
Freight, overseas|Service|SV-FO|160|0|no|9|Per parcel
"""
    ),
    bundle=("Podcast kit", table("Dynamic vocal|2\nInterface, four inputs|1\nMicrophone stand|2")),
    terms=table("Due on receipt|0\nNet 7|7\nNet 15|15\nNet 30|30\nNet 60|60"),
    methods=PAYMENT_METHODS,
    agencies=("New York State Department of Taxation and Finance",),
    rates=table(
        "New York State|4|0\nNew York City|4.5|0\nMetropolitan Commuter Transportation District|0.375|0"
    ),
    codes=table(
        "New York, Kings County|Sales tax, state, city and district|"
        "New York State,New York City,Metropolitan Commuter Transportation District"
    ),
    words=tuple(
        "Amber Beacon Cobalt Dumont Eastbank Foxglove Gramercy Hudson Ivory Juniper Knickerbocker Lattice "
        "Marble Nocturne Opal Palisade Quartz Redhook Sterling Tribeca Umber Velvet Wythe".split()
    ),
    trades=tuple(
        "Studios|Post Production|Broadcast|Radio|Music School|Recording|Podcasts|Film Works|Sound Hire|"
        "Theatre|Game Audio|Mastering|Events|Publishing".split("|")
    ),
    forms=("Inc.", "LLC", "Corp.", ""),
    given=tuple("Maya Devin Alba Jerome Kate Luca Renata Omar Freya Hugo Ines Niall Sana Theo".split()),
    family=tuple("Alvarez Brandt Cohen Dubois Eriksen Faulkner Greco Holm Ito Jansen Keane Lopez".split()),
    roads=("Bedford Avenue", "Kent Street", "Broadway", "Franklin Street", "Atlantic Avenue", "Canal Street"),
    towns=table(
        """
Brooklyn|NY|112##
New York|NY|100##
Jersey City|NJ|073##
Philadelphia|PA|191##
Boston|MA|021##
Chicago|IL|606##
Nashville|TN|372##
"""
    ),
    vendors=(
        "Atlantic Transducers",
        "Hoboken Sheet Metal",
        "Queens Parcel",
        "Fulton Freight Forwarding",
        "Borough Insurance",
        "Red Brick Storage",
        "Kings County Packaging",
        "Northside Web Services",
    ),
    employees=table("Ari|Feldman\nDenise|Boateng\nPablo|Serra\nGwen|Marchetti"),
    memos=("Thank you for your business.", "Payable in the currency shown.", "Bank charges are the buyer's."),
    foreign=table(
        """
EUR|DEU|Köln|50###|1.1634
EUR|FRA|Lyon|6900#|1.1634
EUR|NLD|Utrecht|35## @@|1.1634
GBP|GBR|Leeds|LS# #@@|1.3187
CAD|CAN|Toronto|M#@ #@#|0.7293
JPY|JPN|Osaka|53#-00##|0.006412
"""
    ),
)
