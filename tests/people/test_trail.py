"""The trail: who did what to the account, with before and after; nothing that opens something, nothing of another account."""

import pytest
from django.test import Client

from crm_invoicing.csv_export import safe_cell
from deals.models import AccountEvent, Member
from deals.trail import event_add
from tests.fixtures import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
RIGHTS = {"role": "rep", "may_view": "on", "may_create": "on", "deals_seen": "all", "deals": "", "version": 0}


def kinds() -> list[str]:
    return list(AccountEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_what_admins_do_is_kept_with_before_and_after(admin, rep):
    browser = sign_in(admin.member)
    browser.post("/team/", {"email": "new@team.example", "name": "", "role": "rep"})
    browser.post(f"/team/{rep.member.pk}/", RIGHTS)
    browser.post("/team/sharing/", {"shared": "1"})
    browser.post("/access/", {"name": "Sync", "rights": "push"})
    browser.post(f"/team/{rep.member.pk}/end/")
    assert kinds() == ["invited", "rights", "sharing", "token.made", "removed"]
    changed = AccountEvent.objects.get(kind="rights")
    assert (changed.actor, changed.data["what"]) == (admin.member, "Rob")
    assert changed.data["changes"] == {"may_void": ["True", "False"]}
    page = browser.get("/team/trail/").content.decode()
    assert "Changed somebody’s rights" in page
    assert "Ada" in page


def test_settings_and_connection_are_in_it(connection, qbo):
    browser = sign_in(connection.owner)
    mapping = {"to_field": "deal.title", "address_field": "organization.address", "email_field": "person.email",
               "tax_id_field": "", "due_days": "30"}  # fmt: skip
    browser.post("/quickbooks/", mapping)
    changes = AccountEvent.objects.get(kind="settings.mapping").data["changes"]
    assert changes["to_field"] == ["organization.name", "deal.title"]
    assert changes["due_days"] == ["7", "30"]
    browser.post("/quickbooks/", mapping)
    browser.post("/quickbooks/disconnect/", {"confirm": "1"})
    assert kinds().count("settings.mapping") == 1
    assert "quickbooks.connected" in kinds()


def test_nothing_that_opens_something_is_kept(admin, rep):
    browser = sign_in(rep.member)
    new = "a-new-password-of-mine"
    browser.post("/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    sign_in(admin.member).post("/access/", {"name": "t", "rights": "read"})
    text = str(list(AccountEvent.objects.values()))
    assert new not in text
    assert "crmi_" not in text


def test_a_change_of_what_opens_something_is_left_out(admin):
    before, after = (
        {"client_id": "a", "client_secret": "old-one"},
        {"client_id": "b", "client_secret": "new-one"},
    )
    event_add(admin.account, "quickbooks.keys", actor=admin.member, before=before, after=after)
    assert AccountEvent.objects.get().data["changes"] == {"client_id": ["a", "b"]}
    for name in ("password", "secret", "token"):
        event_add(admin.account, "quickbooks.keys", actor=admin.member, after={name: "opens-it"})
    assert AccountEvent.objects.count() == 1


def test_it_is_filtered_and_comes_as_csv_without_formulas(admin, rep):
    event_add(
        admin.account,
        "sharing",
        actor=admin.member,
        what='=HYPERLINK("x")',
        before={"shared": False},
        after={"shared": True},
    )
    event_add(admin.account, "password", actor=rep.member)
    browser = sign_in(admin.member)
    answer = browser.get("/team/trail/", {"format": "csv", "actor": admin.member.pk})
    text = b"".join(answer.streaming_content).decode()
    assert "'=HYPERLINK" in text
    assert "shared,False,True" in text
    assert "password" not in text
    for strange in ({"actor": "x"}, {"kind": "none"}, {"page": "-1"}, {"actor": "9" * 40}):
        assert browser.get("/team/trail/", strange).status_code == 200
    assert safe_cell("-1") == "'-1"


def test_a_change_that_changes_nothing_leaves_no_trace(admin):
    event_add(admin.account, "sharing", actor=admin.member, before={"shared": True}, after={"shared": True})
    assert kinds() == []


def test_it_is_admins_alone_and_their_own_accounts(admin, rep, stranger):
    event_add(admin.account, "removed", actor=admin.member, what="Rob the removed")
    assert sign_in(rep.member).get("/team/trail/")["Location"] == "/team/"
    assert "Rob the removed" not in sign_in(stranger.member).get("/team/trail/").content.decode()
    assert Client().get("/team/trail/")["Location"].startswith("/login/")


def test_whoever_is_erased_leaves_the_event_without_a_name(admin, rep):
    event_add(admin.account, "password", actor=rep.member)
    Member.objects.get(pk=rep.member.pk).user.delete()
    assert "Somebody who is no longer named" in sign_in(admin.member).get("/team/trail/").content.decode()
