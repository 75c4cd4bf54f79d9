"""Every address of the CRM answers its own account only."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from deals.models import CustomField, Person, Product, Stage
from deals.urls import urlpatterns

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db

LISTS = [f"{kind}_list" for kind in ("deal", "organization", "person", "product")]


@pytest.fixture
def addresses(deal) -> list[tuple[str, str]]:
    """Every named address of the app, filled with rows of one account."""
    line = deal.lines.get()
    keys = {
        "deal": deal.pk,
        "line": line.pk,
        "organization": deal.organization_id,
        "person": deal.person_id,
        "product": line.product_id,
    }
    found = []
    for pattern in urlpatterns:
        name = str(pattern.name)
        key = keys.get(name.split("_", maxsplit=1)[0])
        for values in ({"deal_pk": deal.pk, "pk": key}, {"deal_pk": deal.pk}, {"pk": key}, {}):
            try:
                found.append((name, reverse(f"deals:{name}", kwargs=values)))
            except NoReverseMatch:
                continue
            break
    assert len(found) == len(urlpatterns) > 15
    return found


def test_every_address_with_a_row_answers_404_to_another_account(addresses, stranger):
    client = sign_in(stranger.member)
    with_rows = [path for _name, path in addresses if any(part.isdigit() for part in path.split("/"))]
    assert len(with_rows) > 8
    answers = {path: (client.get(path).status_code, client.post(path).status_code) for path in with_rows}
    assert {path: codes for path, codes in answers.items() if not set(codes) <= {404, 405}} == {}
    assert all(404 in codes for codes in answers.values())


def test_every_address_asks_strangers_to_sign_in(addresses):
    client = Client()
    answers = {path: client.post(path) for _name, path in addresses}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 302} == {}
    assert all(answer["Location"].startswith("/login/") for answer in answers.values())


def test_every_address_answers_its_own_account(addresses, rep):
    client = sign_in(rep.member)
    codes = {path: client.get(path).status_code for _name, path in addresses}
    assert set(codes.values()) <= {200, 405}
    assert {path for path, code in codes.items() if code == 405} == {
        path for name, path in addresses if name.endswith(("_move", "_remove", "_take_total"))
    }


def test_lists_and_forms_show_no_row_of_another_account(deal, account, stranger):
    CustomField.objects.create(account=account, entity="deal", key="po", label="Secret field")
    client = sign_in(stranger.member)
    paths = [reverse(f"deals:{name}") for name in (*LISTS, "deal_new", "person_new", "organization_new")]
    assert len(paths) == 7
    for path in paths:
        page = client.get(path, {"q": ""}).content.decode()
        assert not any(word in page for word in ("Quill", "Quinn", "Desk", "Secret field")), path


def test_rows_of_another_account_cannot_be_chosen(deal, stranger):
    client = sign_in(stranger.member)
    stage = stranger.account.stages.create(name="New")
    product = Product.objects.get(account=deal.account)
    answer = client.post(
        reverse("deals:deal_new"),
        {
            "title": "Mine", "stage": stage.pk, "status": "open", "value": "1", "currency": "USD",
            "organization": deal.organization_id, "person": deal.person_id,
        },
    )  # fmt: skip
    assert answer.status_code == 422
    assert {"organization", "person"} <= set(answer.context["form"].errors)
    own = stranger.account.deals.create(title="Own", stage=stage)
    answer = client.post(reverse("deals:line_new", args=[own.pk]), {"product": product.pk, "quantity": "1"})
    assert answer.status_code == 422
    assert own.lines.count() == 0
    assert Person.objects.filter(account=stranger.account).count() == 0


def test_a_stage_of_another_account_answers_404(deal, rep, stranger):
    foreign = stranger.account.stages.create(name="Theirs")
    answer = sign_in(rep.member).post(reverse("deals:deal_move", args=[deal.pk]), {"stage": foreign.pk})
    assert answer.status_code == 404
    deal.refresh_from_db()
    assert deal.stage.account_id == deal.account_id


def test_deal_is_moved_to_a_stage_of_its_account_and_the_timeline_says_so(deal, rep):
    stage = Stage.objects.create(account=deal.account, name="Delivery", position=9)
    answer = sign_in(rep.member).post(reverse("deals:deal_move", args=[deal.pk]), {"stage": stage.pk})
    assert answer.status_code == 302
    deal.refresh_from_db()
    assert deal.stage == stage
    assert deal.timeline.get(kind="deal.moved").data["after"] == "Delivery"
