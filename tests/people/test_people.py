"""People and rights: invited by link, with rights of their own, changed by one admin at a time, never without an owner."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from deals.models import ApiToken, Invitation, Member, SignedInSession
from deals.people.invitations import InvitationRefused, invitation_of, join
from quickbooks_bridge.models import Connection, Invoice
from tests.fixtures import PASSWORD, consent, make_deal, make_member, sign_in

pytestmark = pytest.mark.django_db
NEW = "a-new-password-of-mine"


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "http://testserver"


def invite(browser, email: str = "new@team.example", role: str = "rep"):
    return browser.post("/team/", {"email": email, "name": "Nia New", "role": role})


def link() -> str:
    found = re.search(r"http://testserver(/join/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_somebody_joins_by_the_link_of_a_mail_once(admin):
    assert invite(sign_in(admin.member)).status_code == 200
    assert mail.outbox[0].to == ["new@team.example"]
    path = link()
    assert path.split("/")[2] not in str(list(Invitation.objects.values()))
    browser = Client()
    assert "Join Testers" in browser.get(path).content.decode()
    answer = browser.post(path, {"name": "Nia", "password": NEW})
    assert answer["Location"] == "/deals/"
    member = Member.objects.get(name="Nia")
    assert (member.account, member.role, member.user.username) == (admin.account, "rep", "new@team.example")
    assert member.user.email == "new@team.example"
    again = Client().get(path)
    assert again.status_code == 410
    assert "used already" in again.content.decode()


def test_of_two_who_follow_one_link_at_once_one_joins(admin):
    invite(sign_in(admin.member))
    token, now = link().split("/")[2], timezone.now()
    first, second = (invitation_of(token, now=now) for _time in range(2))
    join(first, name="Nia", password=NEW, now=now)
    # Her address is another one by the time the slower one arrives, so nothing else is in the way.
    get_user_model().objects.filter(member__name="Nia").update(username="nia@elsewhere.example")
    with pytest.raises(InvitationRefused) as refused:
        join(second, name="Nobody", password=NEW, now=now)
    assert "used a moment ago" in refused.value.text
    assert not Member.objects.filter(name="Nobody").exists()


def test_a_link_is_old_after_a_week_taken_back_or_replaced(admin):
    browser = sign_in(admin.member)
    invite(browser)
    first = link()
    invite(browser)
    assert Client().get(first).status_code == 410
    second = link()
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert "older than a week" in Client().get(second).content.decode()
    browser.post(f"/team/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert Client().get(second).status_code == 410
    assert Client().get("/join/made-up/").status_code == 410


def test_one_address_belongs_to_one_company(admin, stranger):
    member = make_member(stranger.account, "elsewhere@team.example")
    answer = invite(sign_in(admin.member), member.user.username)
    assert answer.status_code == 422
    assert "for another company already" in answer.content.decode()
    make_member(admin.account, "here@team.example")
    assert "a member here already" in invite(sign_in(admin.member), "HERE@team.example").content.decode()


def test_whoever_is_signed_in_signs_out_before_joining(admin, rep):
    invite(sign_in(admin.member))
    browser = sign_in(rep.member)
    answer = browser.get(link())
    assert answer.status_code == 409
    assert browser.post(link(), {"name": "x", "password": NEW}).status_code == 409
    assert Invitation.objects.get().used_at is None


def test_a_mail_that_bounces_leaves_a_link_to_hand_on(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    page = invite(sign_in(admin.member)).content.decode()
    assert "could not be sent" in page
    assert "http://testserver/join/" in page


def test_a_weak_password_is_refused_and_the_name_stays(admin):
    invite(sign_in(admin.member))
    answer = Client().post(link(), {"name": "Zoë Đỗ 佐藤", "password": "password"})
    assert answer.status_code == 422
    assert "Zoë Đỗ 佐藤" in answer.content.decode()
    assert not Member.objects.filter(name__startswith="Zoë").exists()


def test_reps_invite_nobody_and_admins_no_owner(admin, rep):
    invite(sign_in(rep.member))
    assert not Invitation.objects.exists()
    make_member(admin.account, "olga", "owner")
    answer = invite(sign_in(admin.member), role="owner")
    assert "Only an owner" in answer.content.decode()


def rights(browser, member, version: int = 0, **values):
    given = {"role": "rep", "may_view": "on", "may_create": "on", "may_void": "on", "deals_seen": "all", "deals": "",
             "version": version} | values  # fmt: skip
    return browser.post(
        f"/team/{member.pk}/", {key: value for key, value in given.items() if value is not None}
    )


def test_two_admins_at_one_form_see_each_other(admin, rep):
    browser = sign_in(admin.member)
    assert rights(browser, rep.member, may_void=None).status_code == 302
    late = rights(browser, rep.member)
    assert late.status_code == 422
    assert "meanwhile" in late.content.decode()
    rep.member.refresh_from_db()
    assert (rep.member.may_void, rep.member.version) == (False, 1)


def test_the_last_owner_cannot_leave_or_become_less(admin, rep):
    Member.objects.filter(pk=admin.member.pk).update(role="owner")
    browser = sign_in(admin.member)
    assert "needs an owner" in rights(browser, admin.member).content.decode()
    browser.post(f"/team/{admin.member.pk}/end/")
    assert "last owner" in browser.get("/team/").content.decode()
    assert rights(browser, rep.member, role="owner").status_code == 302
    assert rights(browser, admin.member).status_code == 302


def test_admins_make_no_owners(admin, rep):
    owner = make_member(admin.account, "olga", "owner")
    browser = sign_in(admin.member)
    assert rights(browser, rep.member, role="owner").status_code == 422
    assert rights(browser, owner).status_code == 422
    browser.post(f"/team/{owner.pk}/end/")
    owner.user.refresh_from_db()
    assert owner.user.is_active


def test_whoever_is_removed_is_out_at_once_and_can_come_back(admin, rep):
    browser = sign_in(rep.member)
    ApiToken.objects.create(user=rep.member.user, expiry=None, name="t", rights="read")
    assert browser.get("/deals/").status_code == 200
    sign_in(admin.member).post(f"/team/{rep.member.pk}/end/")
    assert browser.get("/deals/")["Location"].startswith("/login/")
    assert not ApiToken.objects.exists()
    assert not SignedInSession.objects.filter(user=rep.member.user).exists()
    sign_in(admin.member).post(f"/team/{rep.member.pk}/end/")
    assert Client().post("/login/", {"username": "rob", "password": PASSWORD})["Location"] == "/deals/"


def test_another_accounts_people_are_none(admin, stranger):
    browser = sign_in(admin.member)
    assert browser.get(f"/team/{stranger.member.pk}/").status_code == 404
    assert browser.post(f"/team/{stranger.member.pk}/end/").status_code == 404


@pytest.fixture
def shared(connection, deal, rep):
    """An account that shares its invoices, with one on the deal."""
    browser = sign_in(connection.owner)
    browser.post("/team/sharing/", {"shared": "1"})
    invoice = Invoice.objects.filter(company=connection.company, balance__gt=0, is_voided=False).first()
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    return invoice


def test_invoices_are_the_owners_alone_until_they_are_shared(connection, deal, rep):
    browser = sign_in(rep.member)
    assert browser.get(f"/deals/{deal.pk}/invoices/new/").status_code == 404
    sign_in(rep.member).post("/team/sharing/", {"shared": "1"})
    assert browser.get(f"/deals/{deal.pk}/invoices/new/").status_code == 404
    sign_in(connection.owner).post("/team/sharing/", {"shared": "1"})
    assert browser.get(f"/deals/{deal.pk}/invoices/new/").status_code == 200


@pytest.mark.parametrize(
    ("lost", "statuses"),
    [
        ((), {"tab": 200, "new": 200, "void": 200, "delete": 200, "send": 200, "unlink": 302}),
        (("may_void",), {"tab": 200, "new": 200, "void": 403, "delete": 403, "send": 200, "unlink": 302}),
        (("may_create",), {"tab": 200, "new": 403, "void": 200, "delete": 200, "send": 403, "unlink": 403}),
        (("may_view",), {"new": 404, "void": 404, "delete": 404, "send": 404, "unlink": 404}),
    ],
)
def test_each_right_opens_what_it_says(shared, deal, rep, lost, statuses):
    Member.objects.filter(pk=rep.member.pk).update(**dict.fromkeys(lost, False))
    browser = sign_in(rep.member)
    paths = {
        "tab": f"/deals/{deal.pk}/", "new": f"/deals/{deal.pk}/invoices/new/", "void": f"/invoices/{shared.pk}/void/",
        "delete": f"/invoices/{shared.pk}/delete/", "send": f"/invoices/{shared.pk}/send/",
    }  # fmt: skip
    found = {name: browser.get(paths[name]).status_code for name in statuses if name in paths}
    if "may_view" not in lost:
        page = browser.get(f"/deals/{deal.pk}/").content.decode()
        assert (f"/deals/{deal.pk}/invoices/new/" in page) is ("may_create" not in lost)
        assert (f"/invoices/{shared.pk}/void/" in page) is ("may_void" not in lost)
    found["unlink"] = browser.post(f"/invoices/{shared.pk}/unlink/").status_code
    assert found == statuses


def test_a_right_that_is_removed_while_a_form_is_open_loses_nothing_typed(shared, deal, rep):
    browser = sign_in(rep.member)
    assert browser.get(f"/deals/{deal.pk}/invoices/new/").status_code == 200
    form = {"token": "t", "posted": "1", "to": "Typed before", "do": "check"}
    assert browser.post(f"/deals/{deal.pk}/invoices/check/", form).status_code in {200, 422}
    Member.objects.filter(pk=rep.member.pk).update(may_create=False)
    assert browser.post(f"/deals/{deal.pk}/invoices/new/", form).status_code == 403
    Member.objects.filter(pk=rep.member.pk).update(may_create=True)
    assert "Typed before" in browser.get(f"/deals/{deal.pk}/invoices/new/").content.decode()


def test_deals_are_seen_by_whom_they_are_for(admin, rep):
    mine = make_deal(admin.account, title="Mine", owner=rep.member)
    shown = make_deal(admin.account, title="Shown to me", owner=admin.member)
    hidden = make_deal(admin.account, title="Hidden from me", owner=admin.member)
    browser, boss = sign_in(rep.member), sign_in(admin.member)

    def seen() -> list[int]:
        page = browser.get("/deals/").content.decode()
        listed = [deal.pk for deal in (mine, shown, hidden) if deal.title in page]
        assert listed == [
            deal.pk for deal in (mine, shown, hidden) if browser.get(f"/deals/{deal.pk}/").status_code == 200
        ]
        return listed

    assert seen() == [mine.pk, shown.pk, hidden.pk]
    rights(boss, rep.member, deals_seen="own")
    assert seen() == [mine.pk]
    assert "Hidden from me" not in browser.get("/search/", {"q": "Hidden"}).content.decode()
    rights(boss, rep.member, 1, deals_seen="chosen", deals=f"#{shown.pk}")
    assert seen() == [mine.pk, shown.pk]
    refused = rights(boss, rep.member, 2, deals_seen="chosen", deals="999999")
    assert "number of a deal of yours" in refused.content.decode()


def test_the_token_of_a_member_does_no_more_than_the_member(shared, deal, rep):
    _row, token = ApiToken.objects.create(user=rep.member.user, expiry=None, name="t", rights="invoice")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    Member.objects.filter(pk=rep.member.pk).update(may_create=False, may_void=False)
    create = Client().post(
        f"/api/v1/deals/{deal.pk}/invoices/", {}, content_type="application/json", headers=headers
    )
    assert create.status_code == 403
    void = Client().post(
        f"/api/v1/invoices/{shared.pk}/void/", {}, content_type="application/json", headers=headers
    )
    assert void.status_code == 409
    Member.objects.filter(pk=rep.member.pk).update(deals_seen="own")
    assert Client().get(f"/api/v1/deals/{deal.pk}/", headers=headers).status_code == 404


def test_the_connection_is_handed_over_by_a_new_consent(connection, qbo, deal):
    second = make_member(connection.account, "bea", "admin")
    browser = sign_in(second)
    assert "Hand over the connection" in browser.get("/quickbooks/").content.decode()
    # Without saying so nobody takes anything over.
    assert browser.post("/quickbooks/connect/")["Location"] == "/quickbooks/"
    address = browser.post("/quickbooks/connect/", {"takeover": "1"})["Location"]
    answer = consent(qbo, address)
    browser.get("/quickbooks/callback/", answer)
    connection.refresh_from_db()
    assert (connection.owner, connection.status) == (second, "active")
    assert browser.get(f"/deals/{deal.pk}/invoices/new/").status_code == 200


def test_a_handover_to_another_company_is_refused(connection, qbo):
    second = make_member(connection.account, "bea", "admin")
    browser = sign_in(second)
    address = browser.post("/quickbooks/connect/", {"takeover": "1"})["Location"]
    before = connection.owner
    browser.get("/quickbooks/callback/", {**consent(qbo, address), "realmId": "1234567890"})
    connection.refresh_from_db()
    assert connection.owner == before


def test_a_handover_ends_at_a_company_that_is_not_the_connected_one(connection, qbo):
    browser = sign_in(make_member(connection.account, "bea", "admin"))
    address = browser.post("/quickbooks/connect/", {"takeover": "1"})["Location"]
    # Bea may see this company in QuickBooks, and nothing is linked yet that would hold her back.
    browser.get("/quickbooks/callback/", consent(qbo, address, company=1))
    active = Connection.objects.get(status="active")
    assert (active, active.owner) == (connection, connection.owner)


def test_reps_take_nothing_over(connection, rep):
    answer = sign_in(rep.member).post("/quickbooks/connect/", {"takeover": "1"})
    assert answer["Location"] == "/quickbooks/"
    connection.refresh_from_db()
    assert connection.owner != rep.member


def test_an_admin_signs_somebody_out_everywhere(rep, admin):
    there = Client()
    there.post("/login/", {"username": "rob", "password": PASSWORD})
    path = f"/team/{rep.member.pk}/sign-out/"
    sign_in(rep.member).post(f"/team/{admin.member.pk}/sign-out/")
    assert there.get("/deals/").status_code == 200
    assert sign_in(admin.member).post(path)["Location"] == f"/team/{rep.member.pk}/"
    assert there.get("/deals/").status_code == 302
    there.post("/login/", {"username": "rob", "password": PASSWORD})
    assert there.get("/deals/").status_code == 200
