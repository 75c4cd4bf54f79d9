"""The lists of Bluestem Office Interiors: accounts, products, customers, vendors, employees."""

from __future__ import annotations


def _table(text: str) -> tuple[tuple[str, ...], ...]:
    """One row a line, cells between bars."""
    return tuple(tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())


# name, classification, type, subtype; the position is the id: 4 must stay Undeposited Funds.
ACCOUNTS = _table(
    """
Checking|Asset|Bank|Checking
Savings|Asset|Bank|Savings
Accounts Receivable (A/R)|Asset|Accounts Receivable|AccountsReceivable
Undeposited Funds|Asset|Other Current Asset|UndepositedFunds
Inventory Asset|Asset|Other Current Asset|Inventory
Sales of Product Income|Revenue|Income|SalesOfProductIncome
Services|Revenue|Income|ServiceFeeIncome
Installation Income|Revenue|Income|ServiceFeeIncome
Delivery Income|Revenue|Income|ServiceFeeIncome
Design Income|Revenue|Income|ServiceFeeIncome
Discounts given|Revenue|Income|DiscountsRefundsGiven
Cost of Goods Sold|Expense|Cost of Goods Sold|SuppliesMaterialsCogs
Warehouse Rent|Expense|Expense|RentOrLeaseOfBuildings
Vehicle Fuel|Expense|Expense|Auto
Insurance|Expense|Expense|Insurance
Utilities|Expense|Expense|Utilities
Office Supplies|Expense|Expense|OfficeGeneralAdministrativeExpenses
Mastercard|Liability|Credit Card|CreditCard
Accounts Payable (A/P)|Liability|Accounts Payable|AccountsPayable
Sales Tax Payable|Liability|Other Current Liability|SalesTaxPayable
Van Loan|Liability|Long Term Liability|NotesPayable
Owner's Equity|Equity|Equity|OwnersEquity
Retained Earnings|Equity|Equity|RetainedEarnings
Uncategorized Income|Revenue|Income|ServiceFeeIncome
"""
)

# name, type, number, price, cost, taxable, income account, description
ITEMS = _table(
    """
Services|Service||95|0|no|7|General services
Hours|Service||85|0|no|7|Time on site
Height-adjustable desk 160|Inventory|DSK-160|749|410|yes|6|Electric frame, oak top, 160 x 80 cm
Height-adjustable desk 180|Inventory|DSK-180|829|455|yes|6|Electric frame, oak top, 180 x 80 cm
Bench desk, two seats|Inventory|BEN-2|1180|640|yes|6|Bench for two, shared frame, cable tray
Bench desk, four seats|Inventory|BEN-4|2140|1190|yes|6|Bench for four, shared frame, cable tray
Reception counter Cedar|NonInventory|REC-CED|3890|2300|yes|6|Curved counter with transaction top
Meeting table 240|NonInventory|TBL-240|1490|820|yes|6|Boat-shaped table for eight
Meeting table 320|NonInventory|TBL-320|1980|1100|yes|6|Boat-shaped table for twelve
Folding table|NonInventory|TBL-FLD|289|150|yes|6|Folding training table on castors
Task chair Alder|Inventory|CHR-ALD|329.50|180|yes|6|Mesh back, adjustable arms
Task chair Alder with headrest|Inventory|CHR-ALD-H|389.50|212|yes|6|Mesh back, headrest, adjustable arms
Visitor chair Birch|Inventory|CHR-BIR|149|78|yes|6|Stackable, upholstered seat
Lounge chair Hazel|NonInventory|LNG-HAZ|640|350|yes|6|Lounge chair, wool fabric
Two-seat sofa Hazel|NonInventory|SOF-HAZ|1120|610|yes|6|Sofa for two, wool fabric
Bar stool Rowan|NonInventory|STL-ROW|198|104|yes|6|Counter height, footrest
Acoustic panel 120 x 60|Inventory|PAN-1206|96|48|yes|6|Felt wall panel, 25 mm
Acoustic panel 180 x 120|Inventory|PAN-1812|214|112|yes|6|Felt wall panel, 25 mm
Desk screen 160|NonInventory|SCR-160|158|80|yes|6|Clamp-on felt screen
Phone booth Solo|NonInventory|BTH-SOLO|5450|3400|yes|6|One-person booth with ventilation
Meeting pod Quartet|NonInventory|POD-4|14900|9600|yes|6|Four-person pod with table and benches
Mobile pedestal|Inventory|PED-3|239|126|yes|6|Three drawers, lockable
Storage cabinet, tall|NonInventory|CAB-T|560|310|yes|6|Two doors, four shelves
Locker bank, six|NonInventory|LOC-6|985|560|yes|6|Six lockers with digital locks
Monitor arm, single|Inventory|ARM-1|129|66|yes|6|Gas spring, 2 to 9 kg
Monitor arm, double|Inventory|ARM-2|219|118|yes|6|Gas spring, two screens
Cable tray|Inventory|CBL-TR|34.90|15|yes|6|Steel mesh, 120 cm
Whiteboard 200 x 120|NonInventory|WHB-200|310|170|yes|6|Enamel steel, magnetic
Planter, large|NonInventory|PLT-L|185|90|yes|6|Fibre-clay, with liner
Sit/stand desk, 60 in|Inventory|DSK-60|745|410|yes|6|Electric frame, oak top, 60 x 30 in
Acoustic wall panel|Inventory|PNL-24|123|61|yes|6|Felt wall panel, 24 x 48 in
Task chair|Inventory|CHR-T1|389|214|yes|6|Mesh back, adjustable arms
Guest chair|Inventory|CHR-G2|215|112|yes|6|Stackable, upholstered seat
Installation|Service|SRV-INST|68|0|no|8|Assembly and placing, per hour
Delivery, local|Service|SRV-DEL|120|0|no|9|Within 30 miles of the warehouse
Delivery, regional|Service|SRV-DELR|340|0|no|9|Beyond 30 miles, one truck
Design hours|Service|SRV-DES|115|0|no|10|Space planning and drawings
Old furniture removal|Service|SRV-REM|75|0|no|8|Per hour, recycling included
Project management|Service|SRV-PM|125|0|no|7|Coordination on site, per hour
Carpet tile, discontinued|NonInventory|CPT-OLD|12.40|6|yes|6|No longer stocked
Task chair Willow|NonInventory|CHR-WIL|279|150|yes|6|Replaced by Alder
"""
)
INACTIVE_ITEMS = ("Carpet tile, discontinued", "Task chair Willow")
CATEGORY = "Workplaces"

# name, given name, family name, email, street, city, state, postal code, term
CUSTOMERS = _table(
    """
Acme Dental Group|Priya|Raman|billing@acmedental.example|410 Lamar Blvd|Austin|TX|78703|4
Agave Coffee Roasters|Luis|Ortega|luis@agavecoffee.example|1820 E 6th St|Austin|TX|78702|3
Alamo Credit Union|Denise|Hart|payables@alamocu.example|77 Commerce St|San Antonio|TX|78205|4
Arbor Pediatrics|Nina|Cole|office@arborpeds.example|3005 Duval St|Austin|TX|78705|
Armadillo Games|Theo|Park|accounts@armadillogames.example|219 W 4th St|Austin|TX|78701|4
Barton Creek Architects|Sofia|Lind|studio@bartonarch.example|900 S 1st St|Austin|TX|78704|4
Bluebonnet Insurance|Carl|Weiss|carl@bluebonnetins.example|5400 Burnet Rd|Austin|TX|78756|3
Brazos Engineering|Hanna|Moore|ap@brazoseng.example|12 Main St|Waco|TX|76701|5
Bright Fork Catering|Mia|Stone|hello@brightfork.example|704 Rio Grande St|Austin|TX|78701|
Capitol Legal Partners|Grant|Ellis|grant@capitollegal.example|1100 Congress Ave|Austin|TX|78701|4
Cedar Ridge School|Olive|Banks|bursar@cedarridge.example|88 Ridge Rd|Round Rock|TX|78664|5
Chisholm Freight|Dale|Young|dale@chisholmfreight.example|2301 Industrial Blvd|Temple|TX|76504|3
City of Marfa|Rosa|Vega|finance@marfa.example|113 S Highland Ave|Marfa|TX|79843|5
Copper Kettle Brewing|Ian|Frost|ian@copperkettle.example|4520 Airport Blvd|Austin|TX|78751|
Cypress Bio Labs|Amara|Obi|ap@cypressbio.example|9700 Research Blvd|Austin|TX|78759|4
Desert Willow Spa|Kim|Tran|kim@desertwillow.example|601 Broadway|San Antonio|TX|78215|
Driftwood Realty|Paul|Avery|paul@driftwoodrealty.example|15 Ranch Rd 150|Driftwood|TX|78619|3
Elm Street Dance|Jules|Martin|jules@elmstreetdance.example|640 Elm St|Dallas|TX|75202|
Enchanted Rock Outfitters|Walt|Brand|walt@erockoutfit.example|205 E Main St|Fredericksburg|TX|78624|2
Fairview Hospital Trust|Gloria|Singh|payables@fairviewtrust.example|2000 Medical Pkwy|Austin|TX|78756|5
Ferro Metalworks|Anton|Ferro|anton@ferrometal.example|33 Foundry Ln|Houston|TX|77007|4
Firefly Preschool|Beth|Osei|beth@fireflypre.example|1417 Bouldin Ave|Austin|TX|78704|
Frontier Robotics|Wei|Zhang|finance@frontierrobotics.example|8801 Wall St|Austin|TX|78754|4
Gable & Sons Roofing|Hank|Gable|hank@gableroofing.example|71 County Rd 110|Georgetown|TX|78626|3
Goldenrod Media|Tess|Lowry|tess@goldenrod.example|507 San Jacinto Blvd|Austin|TX|78701|4
Granite Peak Climbing|Sam|Ryder|sam@granitepeak.example|8300 N Lamar Blvd|Austin|TX|78753|
Hackberry Farms|Lena|Ross|lena@hackberry.example|2 Farm Rd 969|Bastrop|TX|78602|
Harbor Light Shipping|Omar|Nassar|ap@harborlight.example|901 Wharf St|Galveston|TX|77550|4
Heron Lake Lodge|Ada|King|ada@heronlake.example|500 Lakeshore Dr|Marble Falls|TX|78654|3
Hill Country Winery|Bruno|Keller|bruno@hcwinery.example|1741 Hwy 290|Stonewall|TX|78671|4
Indigo Software|Maya|Desai|ap@indigosoft.example|300 Colorado St|Austin|TX|78701|4
Ironwood Fitness|Cole|Diaz|cole@ironwoodfit.example|2110 S Lamar Blvd|Austin|TX|78704|
Jackrabbit Couriers|Tina|Bell|tina@jackrabbit.example|6200 Cameron Rd|Austin|TX|78723|2
Juniper Law|Ruth|Adler|ruth@juniperlaw.example|816 Congress Ave|Austin|TX|78701|4
Kestrel Aviation|Max|Winter|max@kestrelair.example|3600 Presidential Blvd|Austin|TX|78719|5
Lantern Theater|Eve|Marsh|eve@lanterntheater.example|719 Congress Ave|Austin|TX|78701|
Live Oak Clinic|Dr. Nora|Webb|frontdesk@liveoakclinic.example|1501 Red River St|Austin|TX|78701|4
Lone Star Analytics|Raj|Patel|ap@lonestaranalytics.example|1801 Domain Dr|Austin|TX|78758|4
Longhorn Title|Faye|Burke|faye@longhorntitle.example|4000 Medical Pkwy|Austin|TX|78756|3
Maple & Main Bakery|Ivy|Clark|ivy@maplemain.example|12 Main St|Buda|TX|78610|
Mesquite Energy|Troy|Lane|ap@mesquiteenergy.example|1400 Smith St|Houston|TX|77002|5
Mockingbird Records|June|Ford|june@mockingbird.example|1109 S Congress Ave|Austin|TX|78704|
Monarch Nursery|Glen|Reed||9200 Hwy 71|Austin|TX|78735|
Nimbus Cloudworks|Zoe|Hsu|billing@nimbuscloud.example|500 W 2nd St|Austin|TX|78701|4
O'Neil Surveying|Pat|O'Neil|pat@oneilsurvey.example|66 Old Mill Rd|Leander|TX|78641|3
Oak & Iron Builders|Vic|Sato|vic@oakiron.example|310 Comal St|Austin|TX|78702|4
Palo Duro Outdoors|Gus|Hale|gus@paloduro.example|1200 S Taylor St|Amarillo|TX|79101|
Pecan Street Books|Liz|Monroe||||||
Pedernales Water Board|Ed|Cross||101 River Rd|Johnson City|TX|78636|5
Quarry Lake Yoga|Ana|Ruiz|ana@quarrylake.example|||||
Red Bluff Records Storage|Tom|Nash|tom@redbluff.example|8080 Burleson Rd|Austin|TX|78744|4
Rosewood Studios|Kit|Hollis|kit@rosewood.example|1209 Rosewood Ave|Austin|TX|78702|
Saguaro Solar|Bea|Quinn|ap@saguarosolar.example|2525 E Camelback Rd|Phoenix|AZ|85016|4
Sandhill Crane Trust|Abe|Stein|abe@sandhilltrust.example|40 Wetland Way|Rockport|TX|78382|5
Silver Creek Dairy|Meg|Lund|meg@silvercreek.example|7 Dairy Rd|Stephenville|TX|76401|
South Lamar Veterinary|Ben|Acosta|ben@southlamarvet.example|2700 S Lamar Blvd|Austin|TX|78704|3
Sparrow & Finch Design|Cleo|Day|cleo@sparrowfinch.example|||||
Sunset Canyon Pottery|Rae|Holt|rae@sunsetcanyon.example|4002 E Hwy 290|Dripping Springs|TX|78620|
Tejas Freight Systems|Ray|Cantu|ap@tejasfreight.example|1900 E Oltorf St|Austin|TX|78741|4
Travis County Library|Joan|Mercer|purchasing@tclibrary.example|710 W Cesar Chavez St|Austin|TX|78701|5
Turnstone Capital|Eli|Marx|ops@turnstone.example|98 San Jacinto Blvd|Austin|TX|78701|4
Violet Crown Cinema|Dot|Hayes|dot@violetcrown.example|434 W 2nd St|Austin|TX|78701|3
Wildflower Montessori|Gia|Romano|gia@wildflowerm.example|1000 Kramer Ln|Austin|TX|78758|
Zilker Botanical Society|Hal|Green|hal@zilkerbotanical.example|2220 Barton Springs Rd|Austin|TX|78746|3
Marlow Dental Group|Priya|Raman|accounts@marlowdental.example|1200 W 6th St, Suite 400|Austin|TX|78703|4
Brightwater Dental Care|Ben|Castillo|ben@brightwater.example|88 Lake Shore Dr|Austin|TX|78746|4
Pecan Street Dental, LLC|Sam|Pruitt|office@pecandental.example|512 E 6th St|Austin|TX|78701|3
Sundial Veterinary Clinic|Jon|Sund|jon@sundialvet.example|2405 S Lamar Blvd|Austin|TX|78704|
Kestrel Legal LLP|Hana|Kim|ap@kestrel.example|100 Congress Ave, Floor 20|Austin|TX|78701|5
Yaupon Tea House|Lee|Marsh|lee@yaupontea.example|3 Tea Ln|Austin|TX|78722|
Old Mill Antiques|Fred|Mills|fred@oldmill.example|9 Mill St|Lockhart|TX|78644|
"""
)
INACTIVE_CUSTOMERS = ("Yaupon Tea House", "Old Mill Antiques")
EXEMPT_CUSTOMERS = ("City of Marfa", "Travis County Library", "Cedar Ridge School")
# sub-customer, parent
SUB_CUSTOMERS = _table(
    """
Lamar Blvd office|Acme Dental Group
Round Rock office|Acme Dental Group
Gate 12 lounge|Kestrel Aviation
North campus|Cypress Bio Labs
"""
)

VENDORS = tuple(
    name
    for (name,) in _table(
        """
Alder Seating Works
Big Bend Lumber
Capital Truck Rental
Dove Creek Upholstery
Evergreen Felt Company
Fastener Depot
Glassworks of Austin
Hobart Steel Frames
Lakeway Insurance Agency
Metro Waste & Recycling
"""
    )
)
EMPLOYEES = (("Dana", "Fields"), ("Marcus", "Boyd"), ("Helen", "Nakamura"), ("Ty", "Brooks"))
TERMS = (("Due on receipt", 0), ("Net 7", 7), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))
PAYMENT_METHODS = (
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("MasterCard", "CREDIT_CARD"),
    ("ACH", "NON_CREDIT_CARD"),
)
BUNDLE = (
    "Workplace for one",
    _table("Height-adjustable desk 160|1\nTask chair Alder|1\nMonitor arm, single|1"),
)
JOURNAL_CODES = _table(
    "VT|Sales|Ventes\nHA|Expenses|Achats\nBQ|Bank|Banque\nCA|Cash|Caisse\nOD|Others|Opérations diverses"
)
CLASSES = ("Wholesale", "Retail", "Projects")
LOCATIONS = ("Main office", "Second site")
CUSTOMER_TYPES = ("Retail", "Trade", "Public sector")
MEMOS = (
    "Thank you for your business.",
    "Delivery by appointment; call the number on the order.",
    "Second of two parts.",
)
