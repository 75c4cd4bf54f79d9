"""CompanyInfo and Preferences a company opens with."""

from __future__ import annotations

from qbo_emulator.core.store import Profile
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed.profiles import COUNTRIES

LEGAL_FORMS = {"GB": "Ltd", "CA": "Inc.", "NO": "AS", "FR": "SARL"}


def preferences(profile: Profile, *, default_item: str, discount_account: str) -> Doc:
    """The groups of preferences a newly opened company answers with."""
    taxed = profile.tax_percent is not None
    tax: Doc = {"UsingSalesTax": taxed, "PartnerTaxEnabled": taxed and not profile.manual_tax}
    if taxed and not profile.manual_tax:
        tax["TaxGroupCodeRef"] = {"value": "2"}
    if profile.country != "US":
        tax = {"UsingSalesTax": profile.is_registered}
    return {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": False,
            "TrackDepartments": False,
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": _sales_forms(discount_account),
        "EmailMessagesPrefs": {
            name: {
                "Subject": f"{title} from {profile.name}",
                "Message": f"Your {title.lower()} is attached.\n\n{profile.name}",
            }
            for name, title in (
                ("InvoiceMessage", "Invoice"),
                ("EstimateMessage", "Estimate"),
                ("SalesReceiptMessage", "Sales receipt"),
                ("StatementMessage", "Statement"),
            )
        },
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": profile.bills_expenses,
            "BillableExpenseTracking": profile.bills_expenses,
        },
        "TimeTrackingPrefs": {
            "UseServices": False,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": tax,
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": profile.multicurrency,
            "HomeCurrency": {"value": profile.currency},
        },
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": _others(default_item)},
    }


def _others(default_item: str) -> list[Doc]:
    return [
        {"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "Thank you for your business."},
        {"Name": "SalesFormsPrefs.DefaultItem", "Value": default_item},
        {"Name": "DateFormat", "Value": "Month Date Year separated by a slash"},
        {"Name": "WarnDuplicateCheckNumber", "Value": "true"},
        {"Name": "WarnDuplicateBillNumber", "Value": "false"},
        {"Name": "TimeTrackingFeatureEnabled", "Value": "true"},
        {"Name": "AccountingInfoPrefs.ShowAccountNumbers", "Value": "false"},
    ]


def _sales_forms(discount_account: str) -> Doc:
    return {
        "ETransactionPaymentEnabled": False,
        "CustomTxnNumbers": False,
        "AllowShipping": False,
        "AllowServiceDate": True,
        "ETransactionEnabledStatus": "NotApplicable",
        "DefaultCustomerMessage": "Thank you for your business.",
        "EmailCopyToCompany": False,
        "AllowEstimates": True,
        "AllowDiscount": True,
        "DefaultDiscountAccount": discount_account,
        "AllowDeposit": False,
        "AutoApplyPayments": False,
        "IPNSupportEnabled": False,
        "AutoApplyCredit": False,
        "UsingPriceLevels": False,
        "UsingProgressInvoicing": False,
        "CustomField": _custom_fields(),
    }


def _custom_fields() -> list[Doc]:
    used = [
        {
            "Name": f"SalesFormsPrefs.UseSalesCustom{number}",
            "Type": "BooleanType",
            "BooleanValue": number == 1,
        }
        for number in (1, 2, 3)
    ]
    named = [{"Name": "SalesFormsPrefs.SalesCustomName1", "Type": "StringType", "StringValue": "PO Number"}]
    return [{"CustomField": used}, {"CustomField": named}]


def company_info(profile: Profile, *, started: str) -> Doc:
    """CompanyInfo of a newly opened company; `started` is its first date."""
    country = COUNTRIES.get(profile.key)
    street = "2100 E Cesar Chavez St" if profile.key == "us" else "14 Prairie Lane"
    line, city, subdivision, postal = country.street if country else (street, "Austin", "TX", "78702")
    address = {
        "Id": "1",
        "Line1": line,
        "City": city,
        "Country": country.iso3 if country else "USA",
        "CountrySubDivisionCode": subdivision,
        "PostalCode": postal,
    }
    host = profile.name.split()[0].lower()
    return {
        "CompanyName": profile.name,
        "LegalName": f"{profile.name} {LEGAL_FORMS.get(profile.country, 'LLC')}",
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address,
        "LegalAddr": address,
        "CustomerCommunicationEmailAddr": {"Address": f"accounts@{host}.example"},
        "PrimaryPhone": {"FreeFormNumber": country.phone.replace("#", "4") if country else "(512) 555-0142"},
        "CompanyStartDate": started,
        "FiscalYearStartMonth": "January",
        "Country": profile.country,
        "Email": {"Address": f"accounts@{host}.example"},
        "WebAddr": {"URI": f"https://www.{host}.example"},
        "SupportedLanguages": profile.languages,
        "DefaultTimeZone": profile.zone,
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "IsQbdtMigrated", "Value": "false"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": f"QuickBooks Online {profile.edition}"},
            {"Name": "PayrollFeature", "Value": "false"},
            {"Name": "AccountantFeature", "Value": "false"},
            {
                "Name": "IndustryType",
                "Value": country.industry if country else "Office furniture and interiors",
            },
            {"Name": "ItemCategoriesFeature", "Value": "true"},
            {"Name": "AssignedTime", "Value": f"{started}T09:00:00-08:00"},
        ],
    }
