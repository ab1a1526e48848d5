from __future__ import annotations

import re

from ordercore.domain.validation import ALL_RULES, LIVE_RULES, STATIC_RULES


def test_the_numbers_of_the_checks_are_fixed() -> None:
    """A number keeps its meaning for good; this list only ever grows at its end."""
    assert [(rule.id, rule.check.__name__) for rule in ALL_RULES] == [
        ("P01", "check_items_present"),
        ("P02", "check_product_type"),
        ("P03", "check_configuration"),
        ("P04", "check_billing_cycle"),
        ("P05", "check_currency"),
        ("P06", "check_price"),
        ("P07", "check_region"),
        ("P08", "check_quota"),
        ("P09", "check_image"),
        ("P10", "check_billing_alignment"),
    ]


def test_every_check_has_a_number_and_a_title() -> None:
    """The generated list of checks has no empty cell."""
    assert all(re.fullmatch(r"P\d\d", rule.id) and rule.title for rule in ALL_RULES)


def test_static_checks_need_nothing_live_and_live_checks_say_so() -> None:
    """That is what tells the two lists apart."""
    assert all(not rule.needs for rule in STATIC_RULES)
    assert all(rule.needs == {"live"} for rule in LIVE_RULES)
    assert ALL_RULES == STATIC_RULES + LIVE_RULES
