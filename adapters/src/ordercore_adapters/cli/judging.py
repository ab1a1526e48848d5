"""``ordercore price`` and ``ordercore validate``: one configuration, without any database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from ordercore import Finding, ProvisioningRules, Refusal
from ordercore.domain.catalog import BillingCycle, describe_value
from ordercore.domain.pricing import PriceBook, price_line
from ordercore.domain.validation import validate_item
from ordercore.kernel.currency import CURRENCIES, WITHOUT_MINOR_UNIT
from ordercore.kernel.money import Money
from ordercore_adapters.cli.faults import ExitCode, refused, wrong_use
from ordercore_adapters.cli.json_text import NotJson, parse_json
from ordercore_adapters.cli.options import Json
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.words import finding_rows

__all__ = ["price", "validate"]

_Type = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="The product type, such as vps.")
]
_Config = Annotated[str, typer.Option("--config", metavar="JSON", help="The configuration.")]
_Cycle = Annotated[BillingCycle, typer.Option("--cycle", help="How it is billed.")]


def price(
    product_type: _Type,
    config: _Config,
    cycle: _Cycle = BillingCycle.MONTHLY,
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "EUR",
    as_json: Json = False,
) -> None:
    """Say what one configuration costs per billing period, net, and how that comes about.

    Exits with 1 when the configuration is not right or has no price in the currency.
    """
    out = Output(as_json=as_json)
    rules = ProvisioningRules()
    wanted = _config(product_type, config, rules)
    if currency not in CURRENCIES and currency not in WITHOUT_MINOR_UNIT:
        raise wrong_use(
            "unknown_currency",
            f"{describe_value(currency)} is not an ISO 4217 code",
            allowed=", ".join(book.currency for book in rules.price_books.books),
        )
    book = rules.price_books.for_currency(currency)
    findings = _findings(product_type, wanted, cycle, rules, book)
    if book is None:
        offered = ", ".join(each.currency for each in rules.price_books.books)
        findings += (
            Finding(
                field="currency",
                code="no_price_book",
                message=f"there is no price book for {currency}",
                allowed=offered,
            ),
        )
    if findings or book is None:
        count = len(findings)
        reason = f"{count} finding{'s' if count > 1 else ''}; there is no price"
        raise refused(Refusal(code="validation_failed", reason=reason, findings=findings))
    assert isinstance(wanted, Mapping), "anything else is a finding"
    line = price_line(product_type, wanted, cycle, book)
    steps = [{"step": step.step, "amount_minor": step.amount_minor} for step in line.explain]
    amount = line.amount
    if out.as_json:
        out.value(
            {"amount_minor": amount.amount_minor, "currency": amount.currency, "explain": steps}
        )
        return
    rows = [(step.step, Money(step.amount_minor, currency)) for step in line.explain]
    out.table(("step", "amount#"), [*rows, (f"{cycle}, net of VAT", amount)])


def validate(
    product_type: _Type,
    config: _Config,
    cycle: _Cycle = BillingCycle.MONTHLY,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with one configuration. Exits with 1 when anything is."""
    out = Output(as_json=as_json)
    rules = ProvisioningRules()
    findings = _findings(product_type, _config(product_type, config, rules), cycle, rules, None)
    rows = finding_rows(findings)
    if out.as_json:
        out.value({"findings": rows})
    elif rows:
        keys = ("field", "code", "message", "allowed")
        out.table(keys, [[row[key] for key in keys] for row in rows])
    else:
        out.line("nothing is wrong with it")
    if rows:
        raise typer.Exit(ExitCode.REFUSED)


def _config(product_type: str, config: str, rules: ProvisioningRules) -> object:
    if rules.catalogue.product(product_type) is None:
        raise wrong_use(
            "unknown_type",
            f"{describe_value(product_type)} is not a product type",
            allowed=", ".join(rules.catalogue.types),
        )
    try:
        return parse_json(config)
    except NotJson as problem:
        raise wrong_use("invalid_json", f"--config: {problem}") from None


def _findings(
    product_type: str,
    config: object,
    cycle: BillingCycle,
    rules: ProvisioningRules,
    book: PriceBook | None,
) -> tuple[Finding, ...]:
    found = validate_item(product_type, config, rules.catalogue, book).findings
    product = rules.catalogue.product(product_type)
    if product is None or cycle in product.billing_cycles:
        return found
    message = f"{product_type} is not billed {cycle}"
    offered = ", ".join(product.billing_cycles)
    return (
        *found,
        Finding(field="cycle", code="not_allowed", message=message, allowed=offered),
    )
