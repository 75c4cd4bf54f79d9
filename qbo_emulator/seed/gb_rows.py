"""The lists of a British company: VAT in pounds."""

from __future__ import annotations

from random import Random

from qbo_emulator.seed.country import Country, table


def vat_number(dice: Random) -> str:
    """GB and nine digits, the last two a check on the others (modulus 97)."""
    digits = [dice.randrange(10) for _ in range(7)]
    check = 97 - sum(digit * weight for digit, weight in zip(digits, range(8, 1, -1), strict=True)) % 97
    return "GB" + "".join(map(str, digits)) + f"{check:02d}"


GB = Country(
    iso3="GBR",
    street=("Unit 4, Wharf Road", "Bristol", "Avon", "BS1 6UT"),
    phone="01## 496 0###",
    industry="Commercial lighting",
    accounts=table(
        """
Current Account|Asset|Bank|Checking
Reserve Account|Asset|Bank|Savings
Debtors|Asset|Accounts Receivable|AccountsReceivable
Undeposited Funds|Asset|Other Current Asset|UndepositedFunds
Stock Asset|Asset|Other Current Asset|Inventory
Sales of Product Income|Revenue|Income|SalesOfProductIncome
Services|Revenue|Income|ServiceFeeIncome
Installation Income|Revenue|Income|ServiceFeeIncome
Carriage Income|Revenue|Income|ServiceFeeIncome
Design Income|Revenue|Income|ServiceFeeIncome
Discounts given|Revenue|Income|DiscountsRefundsGiven
Cost of Sales|Expense|Cost of Goods Sold|SuppliesMaterialsCogs
Rent and Rates|Expense|Expense|RentOrLeaseOfBuildings
Motor Expenses|Expense|Expense|Auto
Insurance|Expense|Expense|Insurance
Light and Heat|Expense|Expense|Utilities
Stationery and Postage|Expense|Expense|OfficeGeneralAdministrativeExpenses
Company Card|Liability|Credit Card|CreditCard
Creditors|Liability|Accounts Payable|AccountsPayable
VAT Control|Liability|Other Current Liability|GlobalTaxPayable
Bank Loan|Liability|Long Term Liability|NotesPayable
Share Capital|Equity|Equity|OwnersEquity
Retained Earnings|Equity|Equity|RetainedEarnings
Uncategorised Income|Revenue|Income|ServiceFeeIncome
Bank Charges|Expense|Expense|BankCharges
Bad Debts|Expense|Expense|BadDebts
"""
    ),
    items=table(
        """
Services|Service||85|0|20.0% S|7|General services
Linear pendant 1200|Inventory|LP-1200|189.00|94.50|20.0% S|6|Suspended luminaire, 38 W, 4000 K
Linear pendant 1500|Inventory|LP-1500|224.50|112|20.0% S|6|Suspended luminaire, 47 W, 4000 K
Recessed panel 600|Inventory|RP-600|62.75|30|20.0% S|6|LED panel 600 x 600, UGR below 19
Recessed panel 1200|Inventory|RP-1200|98.20|47|20.0% S|6|LED panel 1200 x 300
Downlight 8 W|Inventory|DL-8|21.95|9.80|20.0% S|6|Fire-rated downlight, white
Downlight 14 W|Inventory|DL-14|29.99|13.40|20.0% S|6|Fire-rated downlight, dimmable
Track spot 25 W|Inventory|TS-25|74.00|36|20.0% S|6|Track spotlight, 24 degrees
Three-circuit track 2 m|NonInventory|TR-2|46.00|22|20.0% S|6|Surface track with live end
Emergency bulkhead|Inventory|EM-3|38.60|18|20.0% S|6|Maintained, three hours
Exit sign|Inventory|EX-20|44.10|20|20.0% S|6|Exit sign, 20 m viewing distance
High bay 150 W|Inventory|HB-150|168.00|85|20.0% S|6|Warehouse luminaire, IP65
Battens 5 ft|Inventory|BT-5|33.33|15|20.0% S|6|Twin batten, 52 W
Bollard 900|NonInventory|BO-900|142.00|70|20.0% S|6|Outdoor bollard, graphite
Wall washer|NonInventory|WW-1|96.45|48|20.0% S|6|Asymmetric wall washer
Desk lamp Arc|NonInventory|DK-ARC|79.90|39|20.0% S|6|Task lamp with clamp
DALI controller|NonInventory|CT-DALI|312.00|160|20.0% S|6|Controller for 64 addresses
Presence sensor|Inventory|SN-360|41.25|20|20.0% S|6|Ceiling sensor, 360 degrees
Dimmer module|Inventory|DM-1|27.50|12|20.0% S|6|Single-channel dimmer
Lamp recycling|Service|SV-REC|3.15|0|20.0% S|7|Per lamp, certificate included
Installation|Service|SV-INS|58.00|0|20.0% S|8|Electrician, per hour
Emergency test|Service|SV-EMT|245.00|0|20.0% S|8|Yearly discharge test and report
Lighting design|Service|SV-DES|72.00|0|20.0% S|10|Calculation and drawings, per hour
Energy-saving retrofit|Service|SV-RET|1850.00|0|5.0% R|8|Residential retrofit, reduced rate
Lighting handbook|NonInventory|BK-LH|24.00|11|0.0% Z|6|Printed book, zero-rated
Staff training day|Service|SV-TRN|640.00|0|Exempt|7|Training for facility teams
Carriage, mainland|Service|SV-CAR|14.50|0|20.0% S|9|Next working day
Carriage, islands|Service|SV-CAI|48.00|0|20.0% S|9|Two to four working days
"""
    ),
    bundle=("Meeting room kit", table("Linear pendant 1200|2\nPresence sensor|1\nDimmer module|1")),
    terms=table(
        "Due on receipt|0\nNet 14|14\nNet 30|30\nNet 60|60\n28th of the month|28|5\nEnd of following month|31|30"
    ),
    methods=table(
        "Cash|NON_CREDIT_CARD\nBACS|NON_CREDIT_CARD\nVisa|CREDIT_CARD\nCheque|NON_CREDIT_CARD\n"
        "Direct Debit|NON_CREDIT_CARD"
    ),
    agencies=("HM Revenue & Customs (VAT)",),
    rates=table(
        """
20.0% S (Sales)|20|0
5.0% R (Sales)|5|0
0.0% Z (Sales)|0|0
Exempt (Sales)|0|0
0.0% ECG (Sales)|0|0
No VAT (Sales)|0|0
"""
    ),
    codes=table(
        """
20.0% S|Standard rate|20.0% S (Sales)
5.0% R|Reduced rate|5.0% R (Sales)
0.0% Z|Zero-rated|0.0% Z (Sales)
Exempt|Exempt from VAT|Exempt (Sales)
0.0% ECG|Goods to the EU|0.0% ECG (Sales)
No VAT|Outside the scope of VAT|No VAT (Sales)
"""
    ),
    words=tuple(
        "Ashdown Avon Bramley Calder Chiltern Cotswold Dartmoor Elmhurst Fernside Garnet Hadrian Harcourt "
        "Ilkley Kestrel Lakeland Malvern Mendip Northgate Oakfield Pennine Quayside Ravenscroft Severn "
        "Thornbury Upton Wessex Whitby Yarrow".split()
    ),
    trades=tuple(
        "Joinery|Dental Care|Logistics|Architects|Brewing Company|Veterinary Group|Property Services|"
        "Engineering|Catering|Solicitors|Garden Centres|Software|Motor Group|Academy Trust|Interiors|"
        "Printworks".split("|")
    ),
    forms=("Ltd", "Ltd", "Limited", "LLP", "plc", "& Sons Ltd"),
    given=tuple(
        "Amelia Callum Priya Gareth Imogen Rhys Siobhan Tariq Poppy Duncan Nadia Harriet Owen Zara".split()
    ),
    family=tuple(
        "Whitaker Okafor Pritchard Macleod Sheikh Barlow Fenwick O'Brien Lowe Sandhu Trent Hughes".split()
    ),
    roads=(
        "High Street",
        "Station Road",
        "Church Lane",
        "Victoria Road",
        "Mill Lane",
        "Queens Drive",
        "Market Place",
        "Foundry Way",
        "Kings Road",
    ),
    towns=table(
        """
Bristol|Avon|BS# #@@
Bath|Somerset|BA# #@@
Cardiff|South Glamorgan|CF## #@@
Leeds|West Yorkshire|LS# #@@
Manchester|Greater Manchester|M# #@@
London|Greater London|SE# #@@
Norwich|Norfolk|NR# #@@
Edinburgh|Midlothian|EH# #@@
Exeter|Devon|EX# #@@
Belfast|County Antrim|BT# #@@
"""
    ),
    vendors=(
        "Severnside Components",
        "Luxon Drivers Ltd",
        "Northern Wholesale Electrical",
        "Brunel Couriers",
        "Harbour Office Supplies",
        "Avonmouth Storage",
        "Glenmore Insurance Brokers",
        "Clifton Web Hosting",
    ),
    employees=table("Bethan|Rowlands\nAdeel|Mirza\nKirsty|Baxter\nJonah|Pike"),
    memos=(
        "Thank you for your business.",
        "Please quote the invoice number with your payment.",
        "Retention of title applies until paid in full.",
    ),
    tax_number=vat_number,
)
