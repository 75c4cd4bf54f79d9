"""The registry of problems: each entry is whole, and every code that a rule names has one."""

import re
from pathlib import Path

import pytest

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.gateway.errors import RULES
from quickbooks_bridge.invoice_form.fixes import FIXES
from quickbooks_bridge.invoice_form.form_state import FIELDS
from quickbooks_bridge.messages import form_problems, quickbooks_problems
from quickbooks_bridge.messages.problems import REGISTRY, kind_of, message_for, placed, title_for

PRODUCT = Path(__file__).resolve().parents[2] / "quickbooks_bridge"


@pytest.mark.parametrize("kind", REGISTRY.values(), ids=lambda kind: kind.code)
def test_each_entry_is_whole(kind):
    assert kind.title
    assert str(kind.message).rstrip().endswith(".")
    assert not kind.fix or kind.fix in FIXES
    assert not kind.form_field or kind.form_field in FIELDS
    # With no parameter at all it is still a sentence.
    assert "%" not in message_for(kind.code) + title_for(kind.code)


def test_no_code_has_two_entries():
    assert len(REGISTRY) == len(form_problems.KINDS) + len(quickbooks_problems.KINDS)


def test_every_code_of_the_error_table_has_an_entry():
    assert {rule.problem_code for rule in RULES.values()} - REGISTRY.keys() - {""} == set()


def test_every_code_has_an_entry_and_every_entry_a_code():
    assert set(REGISTRY) == set(ProblemCode)


def test_a_code_stands_once_and_is_a_name_everywhere_else():
    """A string that is a code may mean something else; these do: a log message, and kinds of notifications."""
    elsewhere = {"reconciled", "reconnect", "keeps_failing", "reads_blocked"}
    for path in PRODUCT.rglob("*.py"):
        if path.name != "problem_codes.py" and "migrations" not in path.parts:
            texts = set(re.findall(r'(?<![\w.])"(\w+)"', path.read_text()))
            assert texts & (set(ProblemCode) - elsewhere) == set(), path


def test_every_fix_is_of_some_problem():
    assert FIXES.keys() - {kind.fix for kind in REGISTRY.values()} == set()


def test_a_code_that_nobody_entered_is_an_answer_we_do_not_know():
    assert kind_of("no such code") is REGISTRY["unexpected"]


def test_a_refusal_finds_its_field_and_one_that_has_a_field_keeps_it():
    assert placed(Problem("number_taken")).field == "doc_number"
    assert placed(Problem("number_taken", "other")).field == "other"


REFUSALS = (PRODUCT.parent / "docs" / "refusals.md").read_text()


@pytest.mark.parametrize("kind", form_problems.KINDS, ids=lambda kind: kind.code)
def test_what_is_refused_before_quickbooks_is_documented_with_its_rule_and_test(kind):
    row = next(line for line in REFUSALS.splitlines() if line.startswith(f"| {kind.code} |"))
    _code, _title, rule, tests = (cell.strip() for cell in row.strip("|").split("|"))
    path, _colons, name = rule.strip("`").partition("::")
    assert f"def {name}(" in (PRODUCT / path).read_text() if name else (PRODUCT / path).is_file()
    for test in tests.split(", "):
        assert (PRODUCT.parent / test.strip("`")).is_file(), test
