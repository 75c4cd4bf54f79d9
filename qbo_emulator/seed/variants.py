"""Companies that are another company with a difference: not registered for VAT, of several currencies, of Quebec."""

from __future__ import annotations

from dataclasses import replace

from qbo_emulator.seed.ca_rows import CA
from qbo_emulator.seed.country import Country, table
from qbo_emulator.seed.gb_rows import GB
from qbo_emulator.seed.multi_rows import US_MULTI

# Sales tax by hand: the code of the form, of one rate or of several.
US_MANUAL: Country = replace(
    US_MULTI,
    street=("220 N Stone Avenue", "Tucson", "AZ", "85701"),
    phone="(520) 555-01##",
    industry="Sound equipment, rental and sale",
    agencies=("Arizona Department of Revenue", "California Department of Tax and Fee Administration"),
    rates=table("AZ State tax|6.1|0\nTucson City|2|0\nPima County|0.5|0\nCalifornia|8|1"),
    codes=table(
        "Tucson|State, city and county|AZ State tax,Tucson City,Pima County\nCalifornia|State|California"
    ),
    towns=table("Tucson|AZ|857##\nPhoenix|AZ|850##\nSan Diego|CA|921##\nEl Paso|TX|799##"),
    foreign=(),
)
US_SIMPLE: Country = replace(
    US_MANUAL,
    street=("9 Depot Lane", "Flagstaff", "AZ", "86001"),
    industry="Sound recording",
)

GB_MULTI: Country = replace(
    GB,
    foreign=table(
        """
EUR|IRL|Cork|T## ####|0.8571
EUR|DEU|Hamburg|20###|0.8571
USD|USA|Boston|021##|0.7583
JPY|JPN|Nagoya|45#-00##|0.004861
"""
    ),
)
# No VAT at all: there are no codes, and no line needs one.
GB_UNREGISTERED: Country = replace(GB, agencies=(), rates=(), codes=(), tax_number=None)
# Under reverse charge the buyer accounts for the VAT: the code's own rate on sales is nought.
_REVERSE = (
    ("20.0% RC SG", "Reverse charge, specified goods and services"),
    ("20.0% RC CIS", "Reverse charge, construction industry"),
    ("5.0% RC CIS", "Reverse charge, construction industry, reduced rate"),
    ("0.0% ECS", "Services to the EU"),
)
GB_REVERSE: Country = replace(
    GB,
    rates=(*GB.rates, *((f"{name} (Sales)", "0", "0") for name, _ in _REVERSE)),
    codes=(*GB.codes, *((name, words, f"{name} (Sales)") for name, words in _REVERSE)),
)

CA_QUEBEC: Country = replace(
    CA,
    street=("1440 rue Sainte-Catherine O", "Montréal", "QC", "H3G 1R8"),
    phone="(514) 555-01##",
    items=tuple(
        tuple("GST/QST QC - 9.975" if cell == "HST ON" else cell for cell in row) for row in CA.items
    ),
    towns=table(
        "Montréal|QC|H3G #@#\nQuébec|QC|G1R #@#\nGatineau|QC|J8X #@#\nOttawa|ON|K1P #@#\nHalifax|NS|B3H #@#"
    ),
    foreign=(),
)
