"""One matrix over every address of the project: who gets what, which headers, and that reading changes nothing.

An address without a rule here fails: whoever adds one says who may use it.
"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from deals.embed.sessions import session_begin, session_open
from deals.models import (
    ApiToken,
    Deal,
    EmbedIntegration,
    Erasure,
    ImportFile,
    Passkey,
    Product,
    SignInIdentity,
)
from quickbooks_bridge.models import CustomerLink, Invoice, InvoiceIntent, InvoicePreset
from quickbooks_bridge.services.connections.lifecycle import settings_for
from tests.factories import company_of

from .fixtures import make_member, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

SIGN_IN = "sign-in"
POST_ONLY = "post-only"
# What GET gives to: nobody signed in, another account, a rep of the account who was not let in, a second admin of the
# account who did not connect QuickBooks, and the admin who did, its owner.
# "page" is 200, "away" a redirect to somewhere else than the sign-in page.
OPEN = ("page", "page", "page", "page", "page")
LIST = (SIGN_IN, "page", "page", "page", "page")
ROW = (SIGN_IN, "404", "page", "page", "page")
INVOICES = (SIGN_IN, "404", "404", "404", "page")
ADMIN_LIST = (SIGN_IN, "page", "away", "page", "page")
ADMIN_ROW = (SIGN_IN, "404", "away", "page", "page")
HEALTH = (SIGN_IN, "page", "404", "page", "page")
CONNECTION = (SIGN_IN, "away", "away", "page", "page")
ACTION = (SIGN_IN, POST_ONLY, POST_ONLY, POST_ONLY, POST_ONLY)
LEADS_ON = (SIGN_IN, "away", "away", "away", "away")

RULES: dict[str, tuple[str, str, str, str, str]] = {
    "home": ("away", "away", "away", "away", "away"),
    "login": ("page", "away", "away", "away", "away"),
    "logout": (POST_ONLY,) * 5,
    "healthz": OPEN,
    "metrics": ("404",) * 5,
    "set_language": ("away",) * 5,
    **{f"deals:{kind}_list": LIST for kind in ("deal", "organization", "person", "product")},
    **{f"deals:{kind}_new": LIST for kind in ("deal", "organization", "person", "product")},
    **{f"deals:{kind}_edit": ROW for kind in ("deal", "organization", "person", "product", "line")},
    "deals:search": LIST,
    "access:external_deal": (SIGN_IN, "404", "away", "away", "away"),
    "access:page": (SIGN_IN, "page", "away", "page", "page"),
    "access:import_new": (SIGN_IN, "page", "away", "page", "page"),
    # A file is its uploader's alone.
    "access:import": (SIGN_IN, "404", "404", "404", "page"),
    **{f"access:{name}": ACTION for name in ("token_revoke", "integration_revoke")},
    # A session opens nothing of the API, and nobody a frame without a signed token.
    **{f"api:{name}": ("401",) * 5 for name in (
        "organizations", "organization", "persons", "person", "products", "product", "deals", "deal", "deal_by_id",
        "deal_invoices", "deal_readiness", "not_found", "items", "customers", "invoices", "invoice", "invoice_pdf", "custom_field", "invoice_void", "invoice_delete",
        "invoice_send",
    )},
    "api:openapi": OPEN,
    "embed:entry": ("403",) * 5,
    "embed:frame": ("403",) * 5,
    "embed:open": (POST_ONLY,) * 5,
    "people:list": LIST,
    # A rep is led back to the list, and another account finds nobody.
    "people:edit": (SIGN_IN, "404", "away", "page", "page"),
    **{f"people:{name}": ACTION for name in ("sharing", "withdraw", "end", "sign_out", "samples")},
    "erasure:erase": ADMIN_LIST,
    "erasure:one": ADMIN_ROW,
    "erasure:receipt": ADMIN_ROW,
    "people:trail": (SIGN_IN, "page", "away", "page", "page"),
    "people:join": ("410",) * 5,
    "people:setup": (SIGN_IN,) * 5,
    "people:welcome": LIST,
    "account:page": LIST,
    **{f"account:{name}": ACTION for name in ("password", "email", "session_end", "notifications")},
    "account:email_confirm": OPEN,
    "account:factor": LIST,
    "account:factor_change": LIST,
    "account:second_step": (SIGN_IN,) * 5,
    "account:confirm": LIST,
    "account:confirm_passkey": ACTION,
    # Whoever has a second factor already has nothing to do there: here the owner, by the passkey below.
    "account:factor_required": (SIGN_IN, "page", "page", "page", "away"),
    "account:factor_policy": ACTION,
    # Who one is has to be proven once more first.
    "account:passkey_new": LEADS_ON,
    # Its owner's alone, who here is the one who connected.
    **dict.fromkeys(("account:passkey_remove", "oidc:identity_remove"), (SIGN_IN, "404", "404", "404", "away")),
    **{f"account:{name}": (POST_ONLY,) * 5 for name in ("passkey_options", "passkey_sign_in", "passkey_second_step")},
    # An installation without single sign-on.
    **{f"oidc:{name}": ("404",) * 5 for name in ("start", "callback")},
    **{f"account:{name}": OPEN for name in ("reset", "reset_sent", "reset_confirm")},
    "quickbooks:keys": ACTION,
    "embed:continue_in_tab": ACTION,
    "embed:tab": ("403",) * 5,
    "pipedrive:start": LEADS_ON,
    **{f"pipedrive:{name}": ("400",) * 5 for name in ("callback", "confirm")},
    **{f"pipedrive:{name}": ACTION for name in ("leave", "retry")},
    **{f"pipedrive:{name}": ("403",) * 5 for name in ("entry", "frame")},
    **{f"pipedrive:{name}": (POST_ONLY,) * 5 for name in ("open", "webhook")},
    # Of the company's own Pipedrive, which none of these has.
    "pipedrive:write_back": (SIGN_IN, "404", "404", "404", "404"),
    "deals:deal_detail": ROW,
    "deals:deal_log": ROW,
    "deals:line_new": ROW,
    **{f"deals:{name}": ACTION for name in ("deal_move", "line_remove")},
    "quickbooks:settings": LIST,
    "quickbooks:settings_choices": ACTION,
    "quickbooks:preview": LIST,
    "quickbooks:field_options": LIST,
    "quickbooks:progress": LIST,
    "quickbooks:connect": ACTION,
    "quickbooks:connect_other": CONNECTION,
    "quickbooks:callback": LEADS_ON,
    "quickbooks:disconnect": CONNECTION,
    "quickbooks:preset_new": ADMIN_LIST,
    "quickbooks:preset_edit": ADMIN_ROW,
    "quickbooks:preset_delete": ADMIN_ROW,
    "quickbooks:preset_default": ACTION,
    "quickbooks:inbox": LIST,
    **{f"quickbooks:inbox_{name}": ACTION for name in ("assign", "snooze", "solve", "reopen")},
    # Of all that is open: only for admins of an account that is connected.
    "quickbooks:support": (SIGN_IN, "404", "404", "page", "page"),
    "quickbooks:chat": HEALTH,
    "quickbooks:chat_change": ACTION,
    "quickbooks:health": HEALTH,
    "quickbooks:health_part": HEALTH,
    "quickbooks:health_sync": ACTION,
    "quickbooks:health_compare": ACTION,
    "quickbooks:health_told": ACTION,
    "quickbooks:health_remind": ACTION,
    "quickbooks:health_notices": ACTION,
    "quickbooks:webhook": (POST_ONLY,) * 5,
    "quickbooks:sign_in_again": OPEN,
    "quickbooks:tab": ROW,
    "quickbooks:sidebar": ROW,
    **{f"quickbooks:{name}": INVOICES for name in (
        "customer_search", "item_search", "invoice_new", "all_invoices", "export_csv", "unlink_customer", "void",
        "delete", "send", "pdf", "link", "abandon", "invoice_history", "history_export",
        "receivables", "receivables_csv",
    )},
    **{f"quickbooks:{name}": ACTION for name in ("invoice_check", "refresh", "links", "decline", "unlink", "dismiss", "check", "alarm_checked", "readiness_ask", "pay_link")},
}  # fmt: skip
# These answer whoever posts: one asks for a signature, the other for a password.
UNSIGNED = ("quickbooks:webhook", "quickbooks:sign_in_again")
# Other programs' doors, which have tests of their own (tests/api, tests/embed, tests/pipedrive).
DOORS = ("api:", "embed:", "pipedrive:")
FRAMES = ("embed:entry", "embed:frame", "pipedrive:entry", "pipedrive:frame")
OTHERS_WORDS = ("Quill", "Quinn", "Desk", "Bluestem")


def patterns(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern, str]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            if entry.namespace != "admin":
                for name, pattern, prefix in patterns(entry, inner):
                    yield name, pattern, str(entry.pattern) + prefix
        else:
            yield ":".join([*spaces, entry.name or "?"]), entry, ""


EVERY = [(name, prefix + str(pattern.pattern)) for name, pattern, prefix in patterns(get_resolver())]


def test_every_address_has_a_rule_and_every_rule_an_address():
    assert len(EVERY) > 40
    names = {name for name, _route in EVERY}
    assert names - set(RULES) == set()
    assert set(RULES) - names == set()


@pytest.fixture
def addresses(deal, connection, rep, stranger) -> dict[str, str]:
    """Every address, filled with rows of the one account; both accounts have their settings already."""
    account = deal.account
    settings_for(account)
    settings_for(stranger.account)
    invoice = Invoice.objects.filter(company__account=account, balance__gt=0, is_voided=False).order_by("id")[
        0
    ]
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    CustomerLink.objects.create(
        company=connection.company, organization=deal.organization,
        customer_qbo_id=invoice.customer_qbo_id, linked_at=connection.connected_at,
    )  # fmt: skip
    intent = InvoiceIntent.objects.create(
        account=account, deal=deal, member=connection.owner, company=company_of(account, "0"), token="t", request_id="r", payload={},
  currency="USD", expected_total=1, created_at=connection.connected_at, state="succeeded",
    )  # fmt: skip
    Deal.objects.filter(pk=deal.pk).update(external_source="api", external_id="deal-1")
    digest = ApiToken.objects.create(user=connection.owner.user, expiry=None, name="t", rights="read")[
        0
    ].digest
    uploaded = ImportFile.objects.create(
        account=account, member=connection.owner, kind="person", columns=["Name"], rows=[["Ada"]], mapping={"name": 0},
        created_at=connection.connected_at,
    )  # fmt: skip
    erasure = Erasure.objects.create(
        account=account, number=1, label="Erased person 1", state="done", began_at=timezone.now()
    )
    now, mine = timezone.now(), connection.owner.user
    passkey = Passkey.objects.create(user=mine, name="t", credential_id="c", public_key="k", added_at=now)
    identity = SignInIdentity.objects.create(
        user=mine, issuer="i", subject="s", linked_at=now, last_used_at=now
    )
    integration = EmbedIntegration.objects.create(account=account, name="CRM", secret="x", origins=[])
    keys = {
        "account:passkey": passkey.pk, "erasure:": erasure.pk, "oidc:identity": identity.pk,
        "access:integration": integration.pk, "people:edit": rep.member.pk, "people:end": rep.member.pk, "people:sign_out": rep.member.pk, "access:import": uploaded.pk, "deals:organization": deal.organization_id, "deals:person": deal.person_id, "deals:deal": deal.pk,
        "deals:product": Product.objects.get(account=account).pk, "deals:line": deal.lines.get().pk,
        "quickbooks:preset": InvoicePreset.objects.filter(account=account)[0].pk, "quickbooks:check": intent.pk, "quickbooks:dismiss": intent.pk, "quickbooks:abandon": intent.pk,
    }  # fmt: skip
    found = {}
    for name, route in EVERY:
        key = next((key for start, key in keys.items() if name.startswith(start)), invoice.pk)
        path = "/" + route.replace("<int:deal_pk>", str(deal.pk)).replace("<int:pk>", str(key))
        path = path.replace("<str:external_id>", "deal-1").replace("<str:digest>", digest)
        path = path.replace("<str:token>", "none").replace("<str:uidb64>", "x")
        path = "/api/v1/nowhere/" if name == "api:not_found" else path
        path = path.replace("<pipedrive_place:place>", "panel").replace("<str:key>", "k")
        found[name] = path.replace("<str:entity>", "deal").replace("<slug:key>", "po")
    return found


def kind_of(answer) -> str:
    if answer.status_code in (301, 302):
        return SIGN_IN if answer["Location"].startswith("/login/") else "away"
    return {200: "page", 404: "404", 405: POST_ONLY}.get(answer.status_code, str(answer.status_code))


@pytest.fixture
def people(admin, rep, stranger, account) -> list[Client]:
    second = make_member(account, "bea", "admin")
    return [Client(), *(sign_in(one) for one in (stranger.member, rep.member, second, admin.member))]


def test_everybody_gets_what_the_rule_says(addresses, people):
    wrong = {}
    for name, path in addresses.items():
        found = tuple(kind_of(client.get(path)) for client in people)
        wanted = RULES[name]
        # A view may look who asks before it looks how: both refuse.
        agrees = all(
            one == two
            or (two == POST_ONLY and one in ("404", SIGN_IN))
            or (two == SIGN_IN and one == POST_ONLY)
            for one, two in zip(found, wanted, strict=True)
        )
        if not agrees:
            wrong[name] = (found, wanted)
    assert wrong == {}


def test_another_account_changes_nothing_and_reads_nothing_by_posting(addresses, people):
    stranger = people[1]
    before = state()
    with_rows = {
        name: path
        for name, path in addresses.items()
        if any(part.isdigit() for part in path.split("/"))
        and name not in UNSIGNED
        and not name.startswith(DOORS)
    }
    assert len(with_rows) > 25
    codes = {name: stranger.post(path).status_code for name, path in with_rows.items()}
    assert {name: code for name, code in codes.items() if code not in (404, 405)} == {}
    assert state() == before


def test_rep_who_was_not_let_in_changes_no_invoice_by_posting(addresses, people):
    rep = people[2]
    before = state("quickbooks_bridge")
    names = [name for name in addresses if name.startswith("quickbooks:") and name not in UNSIGNED]
    assert len(names) > 25
    codes = {name: rep.post(addresses[name]).status_code for name in names}
    # The panels of a deal answer everybody of the account, with "not yours" inside.
    refused = {name: code for name, code in codes.items() if code not in (302, 404, 405)}
    assert set(refused) <= {"quickbooks:tab", "quickbooks:sidebar"}
    assert state("quickbooks_bridge") == before


def test_second_admin_takes_nothing_over_by_posting(addresses, people, connection):
    """Ending the connection is theirs to do; whose it is, and every invoice, is not."""
    second, invoices = people[3], state("quickbooks_bridge")["Invoice"]
    left_out = (*UNSIGNED, "logout", "quickbooks:disconnect")
    names = [name for name in addresses if name not in left_out and not name.startswith(DOORS)]
    codes = {name: second.post(addresses[name]).status_code for name in names}
    assert {name: code for name, code in codes.items() if code >= 500} == {}
    of_invoices = {codes[name] for name in names if RULES[name] in (INVOICES, ROW) and "quickbooks" in name}
    assert of_invoices - {200} == {404, 405}
    after = type(connection).objects.get(pk=connection.pk)
    assert (after.owner_id, after.company.realm_id, after.status) == (
        connection.owner_id,
        connection.company.realm_id,
        "active",
    )
    assert state("quickbooks_bridge")["Invoice"] == invoices


def test_nothing_is_posted_without_a_token_of_the_page(addresses, admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin.member.user)
    codes = {name: client.post(path).status_code for name, path in addresses.items()}
    others = {name: code for name, code in codes.items() if code not in (403, 405)}
    # No cookie counts at these doors: one asks for a signature, the others for a token.
    assert set(others) - {"quickbooks:webhook", "pipedrive:webhook"} == {
        name for name in addresses if name.startswith("api:") and name != "api:openapi"
    }
    assert set(others.values()) == {401}


def test_a_frames_token_opens_the_addresses_of_its_place_alone(addresses, admin, deal):
    opened = {"panel": settings.EMBED_ADDRESSES, "settings": settings.EMBED_SETTINGS_ADDRESSES}
    integration = EmbedIntegration.objects.get()
    for place, allowed in opened.items():
        code = session_begin(
            integration, admin.member, deal if place == "panel" else None, place=place, now=timezone.now()
        )
        token = session_open(code, now=timezone.now()).token
        headers = {"Authorization": f"Bearer {token}"}
        codes = {name: Client().get(path, headers=headers).status_code for name, path in addresses.items()}
        answered = {name for name, code in codes.items() if code not in (404, 405)}
        # The installation's own health says the same to everybody.
        assert answered - {"healthz"} - allowed == set()
        assert len(answered & allowed) > 3


def test_an_api_token_opens_the_api_alone(addresses, admin):
    _row, token = ApiToken.objects.create(user=admin.member.user, expiry=None, name="t", rights="invoice")
    headers = {"Authorization": f"Bearer {token}"}
    wrong = {}
    for name, path in addresses.items():
        found = kind_of(Client().get(path, headers=headers))
        is_api = name.startswith("api:")
        if is_api and found in ("401", SIGN_IN):
            wrong[name] = found
        if not is_api and found != kind_of(Client().get(path)):
            wrong[name] = found
    assert wrong == {}


def state(*labels: str) -> dict[str, list[dict[str, object]]]:
    """Every row of our own tables; when a company is asked for changes next is no state of anything."""
    volatile = {
        "next_sync_at",
        "sync_lease_until",
        "last_sync_at",
        "last_viewed_at",
        "access_token",
        "refresh_token",
        "token_version",
    }
    found = {}
    for label in labels or ("deals", "quickbooks_bridge"):
        for model in apps.get_app_config(label).get_models():
            rows = model._default_manager.order_by("pk").values()
            found[model.__name__] = [
                {key: value for key, value in row.items() if key not in volatile} for row in rows
            ]
    return found


def test_reading_changes_nothing(addresses, people):
    before = state()
    for client in people:
        for path in addresses.values():
            client.get(path)
            client.head(path)
    assert state() == before


def test_every_answer_carries_the_safety_headers(addresses, people):
    lacking = {}
    for name, path in {**addresses, "not found": "/nowhere/"}.items():
        for client in people:
            answer = client.get(path)
            policy = answer.get("Content-Security-Policy", "")
            # A document from elsewhere may style itself and do nothing else.
            is_document = name == "quickbooks:pdf" and answer.status_code == 200
            strict = "default-src 'none'" if is_document else "default-src 'self'"
            has = {
                "policy": strict in policy
                and ("sandbox" in policy if is_document else "unsafe" not in policy),
                # These two are made to be held by others: who may is tests/embed's matter.
                "frames": name in FRAMES
                or ("frame-ancestors 'none'" in policy and answer.get("X-Frame-Options") == "DENY"),
                "objects": is_document or ("object-src 'none'" in policy and "base-uri 'none'" in policy),
                "type": answer.get("X-Content-Type-Options") == "nosniff",
                "referrer": answer.get("Referrer-Policy")
                == ("no-referrer" if name in FRAMES else "same-origin"),
                "cache": "no-store" in answer.get("Cache-Control", ""),
            }
            missing = {part for part, is_there in has.items() if not is_there}
            if missing:
                lacking[name] = missing
    assert lacking == {}


def test_pages_without_a_row_show_nothing_of_another_account(addresses, people):
    stranger = people[1]
    paths = [
        path
        for name, path in addresses.items()
        if RULES[name] in (LIST, ADMIN_LIST) and not any(part.isdigit() for part in path.split("/"))
    ]
    assert len(paths) > 10
    leaks = {
        path: word
        for path in paths
        for word in OTHERS_WORDS
        if word
        in stranger.get(path, {"q": word})
        .content.decode()
        .replace(f'value="{word}"', "")
        .replace(f"?q={word}", "")
        .replace(f"“{word}”", "")
    }
    assert leaks == {}
