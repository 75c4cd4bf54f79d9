"""The CRM's own tables, and who reaches them from other programs."""

from .access import (
    ApiRequest,
    ApiToken,
    EmbedIntegration,
    EmbedSession,
    ImportFile,
    MemberIdentity,
    SpentContext,
)
from .crm import (
    Account,
    CustomField,
    Deal,
    DealLine,
    Member,
    Organization,
    Person,
    Product,
    SignInAttempts,
    Stage,
    TimelineEntry,
)
from .people import DealShare, EmailChange, Invitation, RecoveryCode, SecondFactor, SignedInSession
from .pulled import CrmCopy, CrmEvent, CrmPermission, CrmWrite, PipedriveCompany, PipedriveToken

__all__ = [
    "Account",
    "ApiRequest",
    "ApiToken",
    "CrmCopy",
    "CrmEvent",
    "CrmPermission",
    "CrmWrite",
    "CustomField",
    "Deal",
    "DealLine",
    "DealShare",
    "EmailChange",
    "EmbedIntegration",
    "EmbedSession",
    "ImportFile",
    "Invitation",
    "Member",
    "MemberIdentity",
    "Organization",
    "Person",
    "PipedriveCompany",
    "PipedriveToken",
    "Product",
    "RecoveryCode",
    "SecondFactor",
    "SignInAttempts",
    "SignedInSession",
    "SpentContext",
    "Stage",
    "TimelineEntry",
]
