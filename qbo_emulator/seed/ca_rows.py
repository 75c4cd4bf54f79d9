"""The lists of a Canadian company: GST, HST and provincial taxes, and customers in the States."""

from __future__ import annotations

from random import Random

from qbo_emulator.seed.country import Country, table


def business_number(dice: Random) -> str:
    """Nine digits, the last a Luhn check, and the program account for GST/HST."""
    digits = [dice.randrange(1, 10), *(dice.randrange(10) for _ in range(7))]
    total = 0
    for place, digit in enumerate(digits):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return "".join(map(str, digits)) + str(-total % 10) + "RT0001"


CA = Country(
    iso3="CAN",
    street=("350 Carlaw Avenue", "Toronto", "ON", "M4M 2T2"),
    phone="(416) 555-01##",
    industry="Outdoor equipment, wholesale",
    accounts=table(
        """
Chequing|Asset|Bank|Checking
Savings|Asset|Bank|Savings
Accounts Receivable (A/R)|Asset|Accounts Receivable|AccountsReceivable
Undeposited Funds|Asset|Other Current Asset|UndepositedFunds
Inventory Asset|Asset|Other Current Asset|Inventory
Sales of Product Income|Revenue|Income|SalesOfProductIncome
Services|Revenue|Income|ServiceFeeIncome
Repair Income|Revenue|Income|ServiceFeeIncome
Freight Income|Revenue|Income|ServiceFeeIncome
Guiding Income|Revenue|Income|ServiceFeeIncome
Discounts given|Revenue|Income|DiscountsRefundsGiven
Cost of Goods Sold|Expense|Cost of Goods Sold|SuppliesMaterialsCogs
Warehouse Rent|Expense|Expense|RentOrLeaseOfBuildings
Vehicle Expenses|Expense|Expense|Auto
Insurance|Expense|Expense|Insurance
Utilities|Expense|Expense|Utilities
Office Expenses|Expense|Expense|OfficeGeneralAdministrativeExpenses
Visa|Liability|Credit Card|CreditCard
Accounts Payable (A/P)|Liability|Accounts Payable|AccountsPayable
GST/HST Payable|Liability|Other Current Liability|GlobalTaxPayable
Term Loan|Liability|Long Term Liability|NotesPayable
Share Capital|Equity|Equity|OwnersEquity
Retained Earnings|Equity|Equity|RetainedEarnings
Uncategorized Income|Revenue|Income|ServiceFeeIncome
PST Payable (BC)|Liability|Other Current Liability|GlobalTaxPayable
Exchange Gain or Loss|Expense|Other Expense|ExchangeGainOrLoss
"""
    ),
    items=table(
        """
Services|Service||90|0|HST ON|7|General services
Canoe Temagami 16|Inventory|CN-16|2190.00|1240|HST ON|6|Kevlar, ash gunwales
Canoe Nipigon 17|Inventory|CN-17|2480.00|1390|HST ON|6|Kevlar, for two and gear
Kayak Georgian|Inventory|KY-GB|1675.00|930|HST ON|6|Touring kayak, skeg
Paddle, cherry|Inventory|PD-CH|118.50|52|HST ON|6|Hand-carved, 57 inches
Paddle, carbon|Inventory|PD-CB|264.00|130|HST ON|6|Bent shaft
Life jacket, adult|Inventory|PFD-A|129.99|61|HST ON|6|Transport Canada approved
Life jacket, child|Inventory|PFD-C|84.99|40|HST ON|6|Transport Canada approved
Tent Algonquin 2|Inventory|TN-2|389.00|198|HST ON|6|Three seasons, two people
Tent Algonquin 4|Inventory|TN-4|529.00|270|HST ON|6|Three seasons, four people
Sleeping bag -7|Inventory|SB-7|249.00|120|HST ON|6|Down, regular
Sleeping bag -20|Inventory|SB-20|419.00|210|HST ON|6|Down, long
Dry bag 30 L|Inventory|DB-30|38.75|17|HST ON|6|Roll top
Barrel 60 L|Inventory|BR-60|112.00|58|HST ON|6|With harness
Camp stove Ember|Inventory|ST-EM|94.25|45|HST ON|6|Two fuels
Water filter|Inventory|WF-1|67.80|30|HST ON|6|Gravity, 4 L
Headlamp 400|Inventory|HL-400|59.95|26|HST ON|6|Rechargeable
Snowshoes Huron|Inventory|SS-HU|279.00|140|HST ON|6|Aluminium, 30 inches
Pulk sled|NonInventory|PK-1|345.00|180|HST ON|6|With poles and belt
Map, waterproof|NonInventory|MP-1|19.95|8|GST|6|Printed, 1 to 50 000
Trail meals, box|NonInventory|FD-12|146.00|88|Zero-rated|6|Basic groceries, twelve meals
Hull repair|Service|SV-HUL|78.00|0|HST ON|8|Per hour, materials extra
Fitting and rigging|Service|SV-RIG|65.00|0|HST ON|8|Per hour
Guide day|Service|SV-GDE|420.00|0|HST ON|10|Licensed guide, up to six people
First aid course|Service|SV-AID|210.00|0|Exempt|7|Two days, per person
Freight, Ontario|Service|SV-FON|68.00|0|HST ON|9|Per pallet
Freight, other provinces|Service|SV-FCA|145.00|0|GST|9|Per pallet
Freight, United States|Service|SV-FUS|190.00|0|Zero-rated|9|Per pallet, customs excluded
"""
    ),
    bundle=("Weekend canoe kit", table("Canoe Temagami 16|1\nPaddle, cherry|2\nLife jacket, adult|2")),
    terms=table("Due on receipt|0\nNet 10|10\nNet 15|15\nNet 30|30\nNet 60|60\n15th of the month|15|7"),
    methods=table(
        "Cash|NON_CREDIT_CARD\nCheque|NON_CREDIT_CARD\nVisa|CREDIT_CARD\nE-transfer|NON_CREDIT_CARD\n"
        "Wire|NON_CREDIT_CARD"
    ),
    agencies=(
        "Canada Revenue Agency",
        "British Columbia Ministry of Finance",
        "Saskatchewan Finance",
        "Manitoba Finance",
        "Revenu Québec",
    ),
    rates=table(
        """
GST|5|0
HST (ON)|13|0
HST (NS)|14|0
HST (NB)|15|0
HST (NL)|15|0
HST (PE)|15|0
PST (BC)|7|1
PST (SK)|6|2
RST (MB)|7|3
QST 9.975|9.975|4
Exempt|0|0
Zero-rated|0|0
"""
    ),
    codes=table(
        """
GST|Goods and services tax|GST
HST ON|Harmonized sales tax, Ontario|HST (ON)
HST NS|Harmonized sales tax, Nova Scotia|HST (NS)
HST NB 2016|Harmonized sales tax, New Brunswick|HST (NB)
HST NL 2016|Harmonized sales tax, Newfoundland and Labrador|HST (NL)
HST PE 2016|Harmonized sales tax, Prince Edward Island|HST (PE)
GST/PST BC|GST and British Columbia PST|GST,PST (BC)
GST/PST SK 2017|GST and Saskatchewan PST|GST,PST (SK)
GST/PST MB|GST and Manitoba RST|GST,RST (MB)
GST/QST QC - 9.975|GST and Quebec QST|GST,QST 9.975
Exempt|Exempt supplies|Exempt
Zero-rated|Zero-rated supplies|Zero-rated
"""
    ),
    words=tuple(
        "Algoma Boreal Cariboo Deerfoot Escarpment Fundy Gaspé Huron Island Juniper Kawartha Labrador "
        "Muskoka Nipissing Okanagan Portage Quinte Rideau Superior Temiskaming Ungava Valhalla Wascana "
        "Yukon".split()
    ),
    trades=tuple(
        "Outfitters|Lodge|Summer Camp|Adventure Tours|Sporting Goods|Conservation Authority|Paddling Club|"
        "School of Guiding|Marina|Hardware|Trading Post|Resort|Scouts|Rentals|Fish and Game".split("|")
    ),
    forms=("Inc.", "Ltd.", "Limited", "Co-op", "Ltée", ""),
    given=tuple(
        "Mélanie Liam Chantal Noah Anika Gord Simone Étienne Harpreet Sadie Wyatt Noémie Dale Yuki".split()
    ),
    family=tuple(
        "Tremblay Singh MacDonald Gagnon Chen Campbell Roy Nguyen Bouchard Fraser Leblanc Wong".split()
    ),
    roads=(
        "Main Street",
        "King Street West",
        "Lakeshore Road",
        "Concession Road 4",
        "Dundas Street",
        "Wellington Street",
        "Bridge Road",
        "rue Principale",
    ),
    towns=table(
        """
Toronto|ON|M#@ #@#
Ottawa|ON|K#@ #@#
Thunder Bay|ON|P#@ #@#
Vancouver|BC|V#@ #@#
Kelowna|BC|V#@ #@#
Calgary|AB|T#@ #@#
Winnipeg|MB|R#@ #@#
Saskatoon|SK|S#@ #@#
Montréal|QC|H#@ #@#
Halifax|NS|B#@ #@#
Moncton|NB|E#@ #@#
Whitehorse|YT|Y#@ #@#
"""
    ),
    vendors=(
        "Muskoka Ash Mills",
        "Prairie Textile Works",
        "Lakehead Freight",
        "Don Valley Packaging",
        "Confederation Insurance",
        "Trillium Office Supply",
        "Rouge River Storage",
        "North Shore Resins",
    ),
    employees=table("Renée|Fortin\nJas|Dhillon\nTom|Whitefish\nMarg|Sutherland"),
    memos=("Thank you for your business.", "Merci de votre confiance.", "Payable in the currency shown."),
    tax_number=business_number,
    foreign=table("USD|USA|Buffalo|142##|1.3712\nUSD|USA|Duluth|558##|1.3712\nEUR|DEU|Hamburg|20###|1.5986"),
)
