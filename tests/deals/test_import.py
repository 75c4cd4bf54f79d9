"""CSV files of every kind: shown first, each mistake by its row, then all of it or nothing."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from deals.imports.csv_file import CsvRefused, read_csv
from deals.imports.plan import plain_number
from deals.models import CustomField, Deal, ImportFile, Organization, Person, Product

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db


def upload(client, kind, text, *, follow=True):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(
        "/import/", {"kind": kind, "file": SimpleUploadedFile("rows.csv", data)}, follow=follow
    )


def columns():
    row = ImportFile.objects.get()
    return {f"column-{key}": str(at) for key, at in row.mapping.items()}


def press(client, do, **more):
    return client.post(
        f"/import/{ImportFile.objects.get().pk}/", {**columns(), "do": do, **more}, follow=True
    )


@pytest.mark.parametrize(
    ("data", "columns", "first"),
    [
        ("Name,City\nQuill,Leeds\n", ("Name", "City"), ("Quill", "Leeds")),
        ("Name;City\r\nQuill;Leeds\r\n", ("Name", "City"), ("Quill", "Leeds")),
        ("Name\tCity\nQuill\t", ("Name", "City"), ("Quill", "")),
        ('Name,City\n"Quill, Quinn & ""Sons""",Leeds', ("Name", "City"), ('Quill, Quinn & "Sons"', "Leeds")),
        ("Name,City\nQuill", ("Name", "City"), ("Quill", "")),
        ("\n\nName,City\n\nQuill,Leeds\n,\n", ("Name", "City"), ("Quill", "Leeds")),
    ],
)
def test_files_of_any_program_are_read(data, columns, first):
    file = read_csv(data.encode())
    assert (file.columns, file.rows[0], len(file.rows)) == (columns, first, 1)


def test_encodings_of_spreadsheets_are_read():
    assert read_csv("Navn\nBlåbær".encode("utf-8-sig")).rows == (("Blåbær",),)
    assert read_csv("Navn\nBlåbær".encode("utf-16")).rows == (("Blåbær",),)
    assert read_csv("Navn\nBlåbær".encode("cp1252")).rows == (("Blåbær",),)


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty", 0),
        (b"Name\n", "empty", 0),
        (b"PK\x03\x04\x00\x00", "no_text", 0),
        (b'Name\n"Quill', "no_csv", 0),
        (b"Name\nA\nB,C", "more_cells", 3),
        (b"Name\n" + b"x" * 4001, "long_cell", 2),
        (b"Name\n" + b"A\n" * 5001, "too_many_rows", 0),
        (b"A," * 100 + b"B\n" + b"1\n", "too_many_columns", 0),
        (b"x" * (5 * 1024 * 1024 + 1), "too_large", 0),
    ],
)
def test_what_cannot_be_read_is_said(data, code, row, admin):
    with pytest.raises(CsvRefused) as refused:
        read_csv(data)
    assert (refused.value.code, refused.value.row) == (code, row)
    answer = upload(sign_in(admin.member), "person", data or b" ")
    assert answer.status_code == 422
    assert not ImportFile.objects.exists()


def test_deals_with_their_products_from_one_file(admin, account):
    CustomField.objects.create(account=account, entity="deal", key="po", label="PO number")
    client = sign_in(admin.member)
    text = (
        "ID;Deal title;Company;Contact;E-mail;Stage;Amount;Currency;Product;Qty;Unit price;Discount %;PO number\n"
        "7;Fit-out;Quill Ltd;Ada;ada@quill.example;Won;1 250,50;nok;Desk;2;500,25;10%;PO-1\n"
        "7;Fit-out;Quill Ltd;Ada;ada@quill.example;Won;1 250,50;nok;Chair;3;83,33;;PO-1\n"
        "8;Café;Øst AS;;;New stage;99;nok;;;;;\n"
    )
    page = upload(client, "deal", text).content.decode()
    assert ImportFile.objects.get().is_comma_decimal
    assert "2 new, 0 updated" in page
    # In the other notation these are no numbers, not a hundred times as much.
    assert "To correct" in press(client, "preview", numbers="dot").content.decode()
    assert "2 new, 0 updated" in press(client, "preview", numbers="comma").content.decode()
    assert not Deal.objects.filter(external_source="csv").exists()
    answer = press(client, "import", numbers="comma")
    assert "2 rows are imported" in answer.content.decode()
    deal = Deal.objects.get(external_id="7")
    assert (deal.value, deal.currency, deal.stage.name, deal.custom) == (
        Decimal("1250.50"), "NOK", "Won", {"po": "PO-1"},
    )  # fmt: skip
    assert (deal.organization.name, deal.person.email) == ("Quill Ltd", "ada@quill.example")
    assert [
        (line.name, line.quantity, line.unit_price, line.discount) for line in deal.lines.order_by("position")
    ] == [
        ("Desk", 2, Decimal("500.25"), 10),
        ("Chair", 3, Decimal("83.33"), 0),
    ]
    assert Deal.objects.get(external_id="8").stage.name == "New stage"
    assert not ImportFile.objects.exists()
    # The same file again doubles nothing.
    upload(client, "deal", text)
    assert "0 new, 2 updated" in press(client, "preview", numbers="comma").content.decode()
    press(client, "import", numbers="comma")
    assert Deal.objects.filter(external_source="csv").count() == 2
    assert Organization.objects.filter(name="Quill Ltd").count() == 1
    assert Person.objects.filter(email="ada@quill.example").count() == 1
    assert deal.lines.count() == 2


@pytest.mark.parametrize(
    ("text", "comma", "plain"),
    [
        ("1,234.50", False, "1234.50"),
        ("1.234,50", True, "1234.50"),
        ("1 234,5", True, "1234.5"),
        ("$1,234", False, "1234"),
        ("kr 12,50", True, "12.50"),
        ("−5", False, "-5"),
        ("10 %", False, "10"),
        ("500,25", False, "500,25"),
        ("1,23,456", False, "1,23,456"),
        ("1.5", True, "1.5"),
        ("many", False, "many"),
    ],
)
def test_numbers_are_read_in_one_notation_alone(text, comma, plain):
    assert plain_number(text, is_comma_decimal=comma) == plain


def test_one_bad_row_keeps_all_out_and_is_named_by_row_and_column(admin):
    client = sign_in(admin.member)
    page = upload(
        client, "person", "Full name,E-mail\nAda,ada@quill.example\nBob,no address\n,c@d.example\n"
    ).content.decode()
    assert "2 things to correct" in page
    assert "<td>3</td>" in page
    assert "E-mail</td>" in page
    assert 'value="import"' not in page
    assert press(client, "import").status_code == 422
    assert not Person.objects.filter(name="Ada").exists()


def test_a_mistake_in_a_product_of_a_deal_is_named_by_its_column(admin):
    client = sign_in(admin.member)
    text = "Title,Product,Qty,Unit price\nFit-out,Desk,2,10\nFit-out,Chair,many,10\nFit-out,,3,5\n"
    page = upload(client, "deal", text).content.decode()
    rows = re.findall(r"<tr><td>(\d+)</td><td class=\"break\">(.*?)</td>", page)
    assert rows == [("3", "Qty"), ("4", "Product")]


def test_a_column_that_must_be_there_is_asked_for(admin):
    client = sign_in(admin.member)
    page = upload(client, "product", "Thing,Cost\nDesk,12.50\n").content.decode()
    assert "Choose which column is: Name" in page
    press(client, "preview", **{"column-name": "0", "column-unit_price": "1"})
    press(client, "import")
    assert Product.objects.get(name="Desk").unit_price == Decimal("12.50")


def test_a_file_is_its_uploader_s_and_admins_alone_import(admin, rep, stranger):
    upload(sign_in(admin.member), "person", "Name\nAda\n")
    pk = ImportFile.objects.get().pk
    assert sign_in(stranger.member).post(f"/import/{pk}/", {"do": "import"}).status_code == 404
    assert sign_in(rep.member).get("/import/").status_code == 302
    assert sign_in(rep.member).post(f"/import/{pk}/", {"do": "import"}).status_code == 404
    sign_in(admin.member).post(f"/import/{pk}/", {"do": "discard"})
    assert not ImportFile.objects.exists()


def test_hostile_cells_stay_text(admin):
    client = sign_in(admin.member)
    page = upload(client, "organization", "Name,City\n<script>alert(1)</script>,=1+1\n").content.decode()
    assert "<script>alert(1)" not in page
    press(client, "import")
    assert Organization.objects.filter(name="<script>alert(1)</script>", city="=1+1").exists()
