"""Rules of the chart of accounts: type and subtype belong together and give the classification."""

from __future__ import annotations

from qbo_emulator.core.field_values import home_currency, referred
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

DELETED = " (deleted)"
DEEPEST = 5
# account type -> its classification and its subtypes, the first being the one taken when none is sent
TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Bank": (
        "Asset",
        words(
            "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts CashAndCashEquivalents"
        ),
    ),
    "Accounts Receivable": ("Asset", words("AccountsReceivable")),
    "Other Current Asset": (
        "Asset",
        words(
            "OtherCurrentAssets AllowanceForBadDebts DevelopmentCosts EmployeeCashAdvances Inventory "
            "Investment_MortgageRealEstateLoans Investment_Other Investment_TaxExemptSecurities "
            "Investment_USGovernmentObligations LoansToOfficers LoansToOthers LoansToStockholders "
            "PrepaidExpenses Retainage UndepositedFunds GlobalTaxDeferred"
        ),
    ),
    "Fixed Asset": (
        "Asset",
        words(
            "OtherFixedAssets AccumulatedAmortization AccumulatedDepreciation AccumulatedDepletion Buildings "
            "DepletableAssets FixedAssetComputers FixedAssetFurniture FurnitureAndFixtures IntangibleAssets "
            "Land LeaseholdImprovements MachineryAndEquipment Vehicles"
        ),
    ),
    "Other Asset": (
        "Asset",
        words(
            "OtherLongTermAssets AccumulatedAmortizationOfOtherAssets Goodwill LeaseBuyout Licenses "
            "OrganizationalCosts SecurityDeposits"
        ),
    ),
    "Accounts Payable": ("Liability", words("AccountsPayable")),
    "Credit Card": ("Liability", words("CreditCard")),
    "Other Current Liability": (
        "Liability",
        words(
            "OtherCurrentLiabilities DirectDepositPayable FederalIncomeTaxPayable GlobalTaxPayable "
            "GlobalTaxSuspense InsurancePayable LineOfCredit LoanPayable PayrollClearing PayrollTaxPayable "
            "PrepaidExpensesPayable RentsInTrustLiability SalesTaxPayable StateLocalIncomeTaxPayable "
            "TrustAccountsLiabilities UndepositedCheques"
        ),
    ),
    "Long Term Liability": (
        "Liability",
        words("OtherLongTermLiabilities NotesPayable ShareholderNotesPayable"),
    ),
    "Equity": (
        "Equity",
        words(
            "OpeningBalanceEquity AccumulatedAdjustment CommonStock EstimatedTaxes Healthcare OwnersEquity "
            "PaidInCapitalOrSurplus PartnerContributions PartnerDistributions PartnersEquity PersonalExpense "
            "PersonalIncome PreferredStock RetainedEarnings TreasuryStock"
        ),
    ),
    "Income": (
        "Revenue",
        words(
            "SalesOfProductIncome DiscountsRefundsGiven NonProfitIncome OtherPrimaryIncome ServiceFeeIncome "
            "UnappliedCashPaymentIncome"
        ),
    ),
    "Other Income": (
        "Revenue",
        words(
            "OtherMiscellaneousIncome DividendIncome InterestEarned OtherInvestmentIncome TaxExemptInterest "
            "GainLossOnSaleOfFixedAssets UnrealisedLossOnSecuritiesNetOfTax"
        ),
    ),
    "Expense": (
        "Expense",
        words(
            "OtherMiscellaneousServiceCost AdvertisingPromotional Auto BadDebts BankCharges "
            "CharitableContributions CommissionsAndFees CostOfLabor DuesSubscriptions Entertainment "
            "EntertainmentMeals EquipmentRental FinanceCosts GlobalTaxExpense Insurance InterestPaid "
            "LegalProfessionalFees OfficeExpenses OfficeGeneralAdministrativeExpenses OtherBusinessExpenses "
            "PayrollExpenses PromotionalMeals RentOrLeaseOfBuildings RepairMaintenance "
            "ShippingFreightDelivery SuppliesMaterials TaxesPaid Travel TravelMeals "
            "UnappliedCashBillPaymentExpense Utilities"
        ),
    ),
    "Other Expense": (
        "Expense",
        words(
            "OtherMiscellaneousExpense Amortization Depreciation ExchangeGainOrLoss GasAndFuel HomeOffice "
            "OtherHomeOfficeExpenses PenaltiesSettlements Vehicle"
        ),
    ),
    "Cost of Goods Sold": (
        "Expense",
        words(
            "SuppliesMaterialsCogs CostOfLaborCos EquipmentRentalCos FreightAndDeliveryCost "
            "OtherCostsOfServiceCos ShippingFreightDeliveryCos"
        ),
    ),
}
OF_SUBTYPE = {subtype: kind for kind, (_, subtypes) in TYPES.items() for subtype in subtypes}


def _types(write: Write) -> tuple[str, str, str]:
    """Type, subtype and classification; one of the first two must be there (6010)."""
    kind, subtype = write.kept("AccountType", None), write.kept("AccountSubType", None)
    if "AccountType" in write.sent and "AccountSubType" not in write.sent and write.before is not None:
        subtype = subtype if kind == write.before.data["AccountType"] else None
    if kind is None:
        kind = OF_SUBTYPE.get(str(subtype))
        if kind is None:
            raise errors.account_type_missing()
    if kind not in TYPES:
        raise errors.invalid_enum("AccountType", kind)
    classification, subtypes = TYPES[kind]
    return str(kind), str(subtype or subtypes[0]), classification


def _parent(write: Write, kind: str) -> Row | None:
    parent = referred(write.company, "Account", write.merged.get("ParentRef"), what="Accounts")
    if parent is None:
        return None
    if write.before is not None and parent.qbo_id == write.before.qbo_id:
        raise errors.Fault(
            "900", "Invalid parent", "An account cannot be its own parent", element="ParentRef"
        )
    if parent.data["AccountType"] != kind:
        raise errors.business("A sub-account must be of the same type as its parent account.")
    if str(parent.data["FullyQualifiedName"]).count(":") >= DEEPEST - 1:
        raise errors.business("Accounts can have at most five levels.")
    return parent


def account(write: Write) -> Doc:
    """The properties of an account to store; balances are not kept."""
    merged = write.merged
    name = str(write.kept("Name", "")).strip()
    active = bool(write.kept("Active", True))
    if not active and not name.endswith(DELETED):
        name += DELETED
    elif active and write.before is not None and not write.before.active:
        name = name.removesuffix(DELETED)
    kind, subtype, classification = _types(write)
    parent = _parent(write, kind)
    full = f"{parent.data['FullyQualifiedName']}:{name}" if parent else name
    for other in write.company.table("Account").find("FullyQualifiedName", full):
        if write.before is None or other.qbo_id != write.before.qbo_id:
            raise errors.duplicate_name("account")
    before = write.before.data if write.before else {}
    return {
        "Name": name,
        "SubAccount": parent is not None,
        "ParentRef": {"value": parent.qbo_id} if parent else None,
        "Description": merged.get("Description"),
        "FullyQualifiedName": full,
        "Active": active,
        "Classification": classification,
        "AccountType": kind,
        "AccountSubType": subtype,
        "AcctNum": merged.get("AcctNum"),
        "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0,
        "CurrencyRef": before.get("CurrencyRef") or merged.get("CurrencyRef") or home_currency(write.company),
        "TaxCodeRef": merged.get("TaxCodeRef"),
    }


ACCOUNT_KINDS = (
    EntityType(
        name="Account",
        family=Family.LIST,
        order=words(
            "Name SubAccount ParentRef Description FullyQualifiedName Active Classification AccountType "
            "AccountSubType AcctNum CurrentBalance CurrentBalanceWithSubAccounts CurrencyRef TaxCodeRef "
            "domain sparse Id SyncToken MetaData"
        ),
        known=words(
            "AccountAlias OpeningBalance OpeningBalanceDate TxnLocationType OnlineBankingEnabled FIName BankNum"
        ),
        prepare=account,
        required=("Name",),
        lengths={"Name": 100, "Description": 100, "AcctNum": 20},
        no_colon=("Name",),
        queryable={
            "Id": "id",
            "Name": "text",
            "Active": "bool",
            "AccountType": "text",
            "AccountSubType": "text",
            "Classification": "text",
            "FullyQualifiedName": "text",
            "AcctNum": "text",
            "SubAccount": "bool",
            "ParentRef": "id",
            "CurrentBalance": "number",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        indexed=("Name", "FullyQualifiedName"),
    ),
)
