"""The lists of a company shaped like the sample company that developers are given.

Accounts, items, terms and tax codes stand under their usual ids and in the usual numbers; people and firms are of our own
naming.
"""

from __future__ import annotations

from qbo_emulator.seed.country import Country, table

SANDBOX = Country(
    iso3="USA",
    street=("14 Cypress Court", "Mountain View", "CA", "94041"),
    phone="(650) 555-01##",
    industry="Garden design and upkeep",
    # name, classification, type, subtype, id
    accounts=table(
        """
Services|Revenue|Income|ServiceFeeIncome|1
Retained Earnings|Equity|Equity|RetainedEarnings|2
Prepaid Expenses|Asset|Other Current Asset|PrepaidExpenses|3
Undeposited Funds|Asset|Other Current Asset|UndepositedFunds|4
Uncategorized Income|Revenue|Income|ServiceFeeIncome|5
Advertising|Expense|Expense|AdvertisingPromotional|7
Bank Charges|Expense|Expense|BankCharges|8
Commissions & fees|Expense|Expense|OtherMiscellaneousServiceCost|9
Dues & Subscriptions|Expense|Expense|DuesSubscriptions|10
Insurance|Expense|Expense|Insurance|11
Legal & Professional Fees|Expense|Expense|LegalProfessionalFees|12
Meals and Entertainment|Expense|Expense|EntertainmentMeals|13
Miscellaneous|Expense|Other Expense|OtherMiscellaneousExpense|14
Office Expenses|Expense|Expense|OfficeGeneralAdministrativeExpenses|15
Promotional|Expense|Expense|AdvertisingPromotional|16
Rent or Lease|Expense|Expense|RentOrLeaseOfBuildings|17
Stationery & Printing|Expense|Expense|OfficeGeneralAdministrativeExpenses|19
Supplies|Expense|Expense|SuppliesMaterials|20
Taxes & Licenses|Expense|Expense|TaxesPaid|21
Travel|Expense|Expense|Travel|22
Travel Meals|Expense|Expense|TravelMeals|23
Utilities|Expense|Expense|Utilities|24
Interest Earned|Revenue|Other Income|InterestEarned|25
Other Portfolio Income|Revenue|Other Income|OtherMiscellaneousIncome|26
Penalties & Settlements|Expense|Other Expense|PenaltiesSettlements|27
Disposal Fees|Expense|Expense|OtherMiscellaneousServiceCost|28
Equipment Rental|Expense|Expense|EquipmentRental|29
Uncategorized Asset|Asset|Other Current Asset|OtherCurrentAssets|30
Uncategorized Expense|Expense|Expense|OtherMiscellaneousServiceCost|31
Accounts Payable (A/P)|Liability|Accounts Payable|AccountsPayable|33
Opening Balance Equity|Equity|Equity|OpeningBalanceEquity|34
Checking|Asset|Bank|Checking|35
Savings|Asset|Bank|Savings|36
Truck|Asset|Fixed Asset|Vehicles|37
Depreciation|Expense|Other Expense|Depreciation|40
Mastercard|Liability|Credit Card|CreditCard|41
Visa|Liability|Credit Card|CreditCard|42
Loan Payable|Liability|Other Current Liability|LoanPayable|43
Notes Payable|Liability|Long Term Liability|NotesPayable|44
Landscaping Services|Revenue|Income|ServiceFeeIncome|45
Job Materials|Revenue|Income|ServiceFeeIncome|46
Fountains and Garden Lighting|Revenue|Income|ServiceFeeIncome|48
Plants and Soil|Revenue|Income|ServiceFeeIncome|49
Sprinklers and Drip Systems|Revenue|Income|ServiceFeeIncome|50
Labor|Revenue|Income|ServiceFeeIncome|51
Installation|Revenue|Income|ServiceFeeIncome|52
Maintenance and Repair|Revenue|Income|ServiceFeeIncome|53
Pest Control Services|Revenue|Income|ServiceFeeIncome|54
Automobile|Expense|Expense|Auto|55
Fuel|Expense|Expense|Auto|56
Job Expenses|Expense|Expense|OtherBusinessExpenses|58
Cost of Labor|Expense|Expense|CostOfLabor|59
Repairs and Upkeep|Expense|Expense|RepairMaintenance|72
Gas and Electric|Expense|Expense|Utilities|76
Telephone|Expense|Expense|Utilities|77
Sales of Product Income|Revenue|Income|SalesOfProductIncome|79
Cost of Goods Sold|Expense|Cost of Goods Sold|SuppliesMaterialsCogs|80
Inventory Asset|Asset|Other Current Asset|Inventory|81
Design income|Revenue|Income|ServiceFeeIncome|82
Other Income|Revenue|Income|ServiceFeeIncome|83
Accounts Receivable (A/R)|Asset|Accounts Receivable|AccountsReceivable|84
Billable Expense Income|Revenue|Income|ServiceFeeIncome|85
Discounts given|Revenue|Income|DiscountsRefundsGiven|86
Arizona Dept. of Revenue Payable|Liability|Other Current Liability|SalesTaxPayable|89
Board of Equalization Payable|Liability|Other Current Liability|SalesTaxPayable|90
Unapplied Cash Payment Income|Revenue|Income|UnappliedCashPaymentIncome|91
Exchange Gain or Loss|Expense|Other Expense|ExchangeGainOrLoss|92
"""
    ),
    items=table(
        """
Services|Service||0|0|no|1|
Hours|Service||0|0|no|1|
Concrete|Service||0|0|yes|48|Concrete for a fountain's base
Design|Service||75|0|no|82|Planting and layout plans
Rock Fountain|Inventory||275|125|yes|79|Fountain of granite, one metre
Gardening|Service||0|0|no|45|Weekly upkeep
Installation|Service||50|0|no|52|Setting up of what was designed
Lighting|Service||0|0|yes|48|Garden lamps
Maintenance and Repair|Service||0|0|no|53|Upkeep and mending
Pest Control|Service||35|0|no|54|Pest control by the visit
Pump|Inventory||15|10|yes|79|Pump for a fountain
Refunds and Allowances|Service||0|0|no|83|
Rocks|Service||0|0|yes|48|Garden rocks
Soil|Service||10|6.50|yes|49|Soil by the bag
Sod|Service||0|0|yes|49|Sod by the roll
Sprinkler Heads|Inventory||2|0.75|yes|79|Heads for a sprinkler
Sprinkler Pipes|Inventory||4|2.50|yes|79|Pipes for a sprinkler
Trimming|Service||35|0|no|45|Trees and shrubs
"""
    ),
    bundle=("", ()),
    terms=table("Due on receipt|0\nNet 15|15\nNet 30|30\nNet 60|60\nNet 10|10"),
    methods=table(
        "Cash|NON_CREDIT_CARD\nCheck|NON_CREDIT_CARD\nVisa|CREDIT_CARD\nMasterCard|CREDIT_CARD\n"
        "Discover|CREDIT_CARD\nAmerican Express|CREDIT_CARD\nDiners Club|CREDIT_CARD"
    ),
    agencies=("Arizona Dept. of Revenue", "Board of Equalization"),
    rates=table("AZ State tax|7.1|0\nTucson City|2|0\nCalifornia|8|1"),
    codes=table(
        "California|California sales tax|California\nTucson|Arizona and Tucson|AZ State tax,Tucson City"
    ),
    first_rate=1,
    first_code=2,
    words=tuple(
        "Alder Brook Clover Dune Elder Fern Grove Hazel Iris Kelp Linden Moss Nettle Oak Poppy".split()
    ),
    trades=tuple(
        "Bird Haven|Chiropractic|Diner|Freight|Inn|Kitchens|Leasing|Sports|Technology|Travel".split("|")
    ),
    forms=("", "", "Inc.", "Co."),
    given=tuple("Abel Bea Cyril Della Ezra Flora Gus Hattie Ivor Jess".split()),
    family=tuple("Archer Bloom Crane Dell Ebner Frost Gale Hart Irwin Jay".split()),
    roads=("Finch St.", "Main St.", "Ocean Dr.", "Cypress Hill Ave.", "Redwood Rd.", "Pine St."),
    towns=table("Bayshore|CA|943##\nMiddlefield|CA|943##\nHalf Moon Bay|CA|942##\nSan Pablo|CA|948##"),
    vendors=tuple(
        f"{word} {trade}"
        for word, trade in zip(
            "Ash Birch Cedar Dogwood Elm Fir Gum Holly Ivy Juniper Katsura Larch Maple Nutmeg Olive Pine Quince Rowan "
            "Spruce Teak Umbra Vine Willow Yew Zelkova Aspen".split(),
            "Books|Telephone|Fuel|Hardware|Insurance|Nursery|Leasing|Legal|Masonry|Office Supplies|Pumps|Quarry|Rental|"
            "Signs|Tools|Utilities|Waste|Water|Accounting|Bank|Computers|Delivery|Electric|Fencing|Garage|Printing".split(
                "|"
            ),
            strict=True,
        )
    ),
    employees=table("Ellis|Crane\nJoan|Mercer"),
    memos=("Thank you for your business and have a great day!",),
    foreign=table("CAD|CAN|Vancouver|V#@ #@#|0.7293\nEUR|DEU|Bremen|28###|1.1634"),
    has_foreign_customers=False,
    customer_count=29,
    customers_first=True,
    stock_account="81",
    cost_account="80",
    discount_account="86",
)
