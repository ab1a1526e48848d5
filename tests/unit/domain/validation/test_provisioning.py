from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.catalog import (
    BillingCycle,
    Catalogue,
    ProductType,
    default_catalogue,
)
from ordercore.domain.pricing import default_price_book
from ordercore.domain.validation import (
    ALL_RULES,
    LIVE_RULES,
    STATIC_RULES,
    LiveFacts,
    OrderFacts,
    run_order_checks,
    validate_item,
    validate_order,
)
from ordercore.engine.checks import CheckOutcome
from ordercore.kernel.result import Report
from tests.unit.domain.configurations import VALID

GOOD = OrderFacts(
    items=(("vps", VALID["vps"]), ("kubernetes", VALID["kubernetes"])),
    billing_cycle="monthly",
    currency="EUR",
    catalogue=default_catalogue(),
    price_book=default_price_book(),
    live=LiveFacts(),
)


def found(facts: OrderFacts, rules: Any = ALL_RULES) -> list[tuple[str, str]]:
    """Return field and code of every finding."""
    return [(finding.field, finding.code) for finding in validate_order(facts, rules).findings]


def items(*rows: tuple[object, object]) -> OrderFacts:
    """Return the good order with other items."""
    return evolve(GOOD, items=rows)


def live(**facts: Any) -> OrderFacts:
    """Return the good order with other live facts."""
    return evolve(GOOD, live=LiveFacts(**facts))


def without_price_of(product_type: str) -> OrderFacts:
    """Return the good order with a price book that lacks a type."""
    book = default_price_book()
    kept = tuple(f for f in book.formulas if f.product_type != product_type)
    return evolve(GOOD, price_book=evolve(book, formulas=kept))


def sold_monthly_only(product_type: str) -> Catalogue:
    """Return the default catalogue with one type that has no annual billing."""

    def limited(product: ProductType) -> ProductType:
        if product.type != product_type:
            return product
        return evolve(product, billing_cycles=(BillingCycle.MONTHLY,))

    catalogue = default_catalogue()
    return Catalogue(version="m", products=tuple(limited(p) for p in catalogue.products))


def test_a_good_order_passes_every_check() -> None:
    """Static and live rules, one record each."""
    done = run_order_checks(GOOD, ALL_RULES)

    assert done.ok
    assert validate_order(GOOD, ALL_RULES) == Report()
    assert [record.rule_id for record in done.records] == [rule.id for rule in ALL_RULES]


def test_findings_of_all_items_and_of_the_order_are_reported_together() -> None:
    """Paths lead to the item and into its configuration."""
    facts = evolve(
        items(
            ("kubernetes", {**VALID["kubernetes"], "workers": 51, "extra": 1}),
            ("desk", {}),
            ("database", "none"),
            ("kubernetes", {**VALID["kubernetes"], "autoscaling": {"min": 6, "max": 10}}),
        ),
        billing_cycle="weekly",
        currency="USD",
        price_book=None,
    )

    assert found(facts, STATIC_RULES) == [
        ("items[1].type", "unknown_type"),
        ("items[0].config.workers", "out_of_range"),
        ("items[0].config.extra", "unknown_field"),
        ("items[2].config", "wrong_type"),
        ("items[3].config.autoscaling.min", "out_of_order"),
        ("billing_cycle", "not_allowed"),
        ("currency", "no_price_book"),
    ]


def test_an_order_without_items_is_a_finding() -> None:
    """There is nothing to provision."""
    assert found(items()) == [("items", "no_items")]


@pytest.mark.parametrize("cycle", ["weekly", "Monthly", "", None, 12, [], {}])
def test_a_billing_cycle_that_is_not_offered_is_a_finding(cycle: object) -> None:
    """Whatever was sent in its place."""
    assert found(evolve(GOOD, billing_cycle=cycle), STATIC_RULES) == [
        ("billing_cycle", "not_allowed")
    ]


@pytest.mark.parametrize("cycle", ["monthly", "annual", BillingCycle.ANNUAL])
def test_both_billing_cycles_are_offered_as_text_or_as_values(cycle: str) -> None:
    """A host may pass either."""
    assert found(evolve(GOOD, billing_cycle=cycle)) == []


def test_the_billing_cycle_has_to_fit_every_item() -> None:
    """One product without annual billing keeps the whole order from it."""
    facts = evolve(GOOD, catalogue=sold_monthly_only("vps"), billing_cycle="annual")

    (finding,) = validate_order(facts, ALL_RULES).findings

    assert (
        finding.field,
        finding.code,
        finding.allowed,
    ) == ("billing_cycle", "not_allowed", "monthly")


@pytest.mark.parametrize("currency", ["USD", "eur", "", None, 978, []])
def test_a_currency_other_than_that_of_the_book_has_no_prices(currency: object) -> None:
    """A book is never used for another currency."""
    assert found(evolve(GOOD, currency=currency)) == [("currency", "no_price_book")]


def test_a_type_without_a_price_is_a_finding_on_the_item() -> None:
    """A catalogue and a price book that do not match are noticed before an order is accepted."""
    assert found(without_price_of("kubernetes")) == [("items[1].type", "not_priced")]


def test_a_value_without_a_rate_is_a_finding_on_its_field() -> None:
    """A plan on offer that nobody has priced yet."""
    book = default_price_book()
    formula = book.formula("vps")
    assert formula is not None
    term = evolve(formula.terms[0], rates=formula.terms[0].rates[1:])
    facts = evolve(GOOD, price_book=evolve(book, formulas=(evolve(formula, terms=(term,)),)))

    assert found(facts) == [
        ("items[0].config.plan", "not_priced"),
        ("items[1].type", "not_priced"),
    ]


def test_an_item_that_is_wrong_anyway_is_not_reported_as_unpriced_too() -> None:
    """One cause, one finding."""
    facts = items(("vps", {**VALID["vps"], "plan": "gold"}))

    assert found(facts) == [("items[0].config.plan", "not_allowed")]


def test_a_region_that_takes_no_new_work_is_a_finding() -> None:
    """For every item that wants it."""
    assert found(live(unavailable_regions=frozenset({"mb-1", "moon"}))) == [
        ("items[1].config.region", "region_unavailable")
    ]


def test_a_product_without_a_region_is_not_held_up_by_one() -> None:
    """Only what names the region is concerned."""
    facts = evolve(
        items(("storage", VALID["storage"])),
        live=LiveFacts(unavailable_regions=frozenset({"lj-1"})),
    )

    assert found(facts) == []


def test_an_image_that_cannot_be_installed_with_its_plan_is_a_finding() -> None:
    """The pair counts, not the image alone."""
    conflict = frozenset({("core", "debian-12"), ("business", "rocky-9")})

    assert found(live(incompatible_images=conflict)) == [
        ("items[0].config.os_image", "image_unavailable")
    ]
    assert found(live(incompatible_images=frozenset({("business", "debian-12")}))) == []


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ({"vps": 1, "kubernetes": 2}, []),
        ({"vps": 0}, [("items[0]", "quota_exceeded")]),
        ({"kubernetes": 1}, [("items[2]", "quota_exceeded")]),
        ({"kubernetes.workers": 10}, []),
        ({"kubernetes.workers": 9}, [("items[2].config.workers", "quota_exceeded")]),
        (
            {"kubernetes.autoscaling.max": 19},
            [("items[2].config.autoscaling.max", "quota_exceeded")],
        ),
        ({"storage": 0, "gpu.nodes": -1, "desk": 0}, []),
        ({"vps.workers": 0, "vps.plan": 0}, []),
    ],
)
def test_the_order_as_a_whole_has_to_fit_the_remaining_quota(
    quota: dict[str, int], expected: list[tuple[str, str]]
) -> None:
    """Two clusters of five workers need ten; what the order does not use is no obstacle."""
    facts = evolve(
        items(
            ("vps", VALID["vps"]),
            ("kubernetes", VALID["kubernetes"]),
            ("kubernetes", VALID["kubernetes"]),
        ),
        live=LiveFacts(quota_remaining=quota),
    )

    assert found(facts) == expected


def test_the_quota_finding_says_how_much_is_wanted_and_left() -> None:
    """A customer can act on it."""
    (finding,) = validate_order(live(quota_remaining={"kubernetes.workers": 4}), ALL_RULES).findings

    assert finding.message == "the order needs 5 of kubernetes.workers, 4 are left"


@pytest.mark.parametrize(
    ("cycles", "expected"),
    [
        (None, []),
        (frozenset({"monthly"}), []),
        (frozenset({"annual"}), [("billing_cycle", "billing_cycle_misaligned")]),
        (frozenset(), [("billing_cycle", "billing_cycle_misaligned")]),
    ],
)
def test_the_billing_cycle_has_to_be_one_of_the_contract(
    cycles: frozenset[str] | None, expected: list[tuple[str, str]]
) -> None:
    """No statement about the contract means any cycle."""
    assert found(live(billing_cycles=cycles)) == expected


def test_a_billing_cycle_that_cannot_be_a_key_is_still_only_a_finding() -> None:
    """A list in its place fails no lookup."""
    facts = evolve(live(billing_cycles=frozenset({"annual"})), billing_cycle=["monthly"])

    assert found(facts) == [
        ("billing_cycle", "not_allowed"),
        ("billing_cycle", "billing_cycle_misaligned"),
    ]


def test_live_rules_without_live_facts_are_findings_and_not_passed() -> None:
    """An order is not accepted because nobody looked."""
    facts = evolve(GOOD, live=None)

    assert found(facts, STATIC_RULES) == []
    assert found(facts, ALL_RULES) == [("", "check_not_run")] * len(LIVE_RULES)
    outcomes = [record.outcome for record in run_order_checks(facts, LIVE_RULES).records]
    assert outcomes == [CheckOutcome.NOT_RUN] * len(LIVE_RULES)


def test_a_host_can_leave_a_rule_out() -> None:
    """Rules are a list that is passed in."""
    fewer = [rule for rule in ALL_RULES if rule.id != "P05"]

    assert found(evolve(GOOD, currency="USD"), fewer) == []


def test_one_item_is_judged_with_paths_relative_to_its_configuration() -> None:
    """As a form for one product shows them."""
    config = {**VALID["kubernetes"], "workers": "5", "autoscaling": {"min": 2, "max": 10}}

    report = validate_item("kubernetes", config, default_catalogue(), default_price_book())

    assert [finding.field for finding in report.findings] == ["workers", "autoscaling.min"]


@pytest.mark.parametrize(
    ("product_type", "config", "expected"),
    [
        ("desk", {}, ("type", "unknown_type")),
        (None, {}, ("type", "unknown_type")),
        (["vps"], {}, ("type", "unknown_type")),
        ("vps", None, ("config", "wrong_type")),
        ("vps", [], ("config", "wrong_type")),
    ],
)
def test_an_item_that_has_no_fields_to_blame_blames_its_type_or_configuration(
    product_type: object, config: object, expected: tuple[str, str]
) -> None:
    """No finding is without a field."""
    (finding,) = validate_item(product_type, config, default_catalogue()).findings

    assert (finding.field, finding.code) == expected


def test_one_item_without_a_price_is_a_finding_when_a_book_is_given() -> None:
    """Without a book nobody asked for a price."""
    book = without_price_of("vps").price_book

    (finding,) = validate_item("vps", VALID["vps"], default_catalogue(), book).findings

    assert (finding.field, finding.code) == ("type", "not_priced")
    assert validate_item("vps", VALID["vps"], default_catalogue()).ok
