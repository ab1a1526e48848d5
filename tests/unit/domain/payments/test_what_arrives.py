"""What an amount from outside means for a ledger."""

from __future__ import annotations

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    Payment,
    confirm_payment,
    return_payment,
    reverse_payment,
    seen_before,
)
from ordercore.domain.pricing import ConversionRate, Tolerance, tolerance_for
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import (
    arriving,
    asked_back,
    eur,
    hour,
    paid,
    reversed_,
)

EURO = tolerance_for("EUR")


def confirm(
    payment: Payment, *before: LedgerEntry, price: int = 1000, tolerance: Tolerance = EURO
) -> tuple[LedgerEntry, ...]:
    """Return the entries of a payment that is accepted."""
    entries = confirm_payment(
        before, price=eur(price), payment=payment, tolerance=tolerance, refund_key="excess"
    )
    assert not isinstance(entries, Refusal)
    return entries


def entry(
    kind: EntryKind, cents: int, key: str = "pay-1", *, source: str = "", note: str = ""
) -> LedgerEntry:
    """Return an entry made at hour one."""
    return LedgerEntry(kind=kind, amount=eur(cents), key=key, at=hour(1), source=source, note=note)


# -- seen before --------------------------------------------------------------------------------


def test_a_reference_nobody_has_seen_is_new() -> None:
    """Payments under other references do not matter."""
    assert seen_before((paid(1000, "other"),), arriving(1000)) is False


def test_the_same_payment_reported_twice_is_known() -> None:
    """Same reference, same amount."""
    assert seen_before((paid(1000),), arriving(1000)) is True


def test_a_reference_with_another_amount_is_refused_with_both() -> None:
    """It is a mistake of the sender, not a second payment."""
    assert seen_before((paid(1000),), arriving(999)) == Refusal(
        code="payment_reference_reused",
        reason="payment 'pay-1' was recorded with 10.00 EUR, not 9.99 EUR",
    )


def test_a_reversed_confirmation_no_longer_stands_until_it_is_confirmed_anew() -> None:
    """Each reversal takes one confirmation back."""
    once = (paid(1000), reversed_(1000))

    assert seen_before(once, arriving(1000)) is False
    assert seen_before((*once, paid(1000)), arriving(1000)) is True
    assert seen_before((*once, paid(1000), reversed_(1000)), arriving(1000)) is False


def test_a_reversal_of_another_payment_does_not_count() -> None:
    """Only entries under the reference itself are looked at."""
    assert seen_before((paid(1000), reversed_(1000, "other")), arriving(1000)) is True


def test_a_refund_under_the_reference_is_not_a_confirmation() -> None:
    """Keys of refunds are chosen by us, references by providers; they may happen to be equal."""
    assert seen_before((asked_back(5, "pay-1"),), arriving(1000)) is False


# -- confirm ------------------------------------------------------------------------------------


def test_the_exact_amount_is_one_entry() -> None:
    """Reference and instant are the payment's own; there is nothing to explain."""
    assert confirm(arriving(1000, at=hour(1))) == (entry(EntryKind.CONFIRMED, 1000),)


def test_a_small_underpayment_is_written_off() -> None:
    """The order is charged at our price; what is missing is let go, as a positive amount."""
    assert confirm(arriving(900, at=hour(1))) == (
        entry(EntryKind.CONFIRMED, 900),
        entry(EntryKind.WRITTEN_OFF, 100, note="underpaid, let go"),
    )


def test_a_small_excess_goes_back_out_of_the_same_payment() -> None:
    """Under the key that was handed in."""
    assert confirm(arriving(1100, at=hour(1))) == (
        entry(EntryKind.CONFIRMED, 1100),
        entry(EntryKind.REFUND_REQUESTED, 100, "excess", source="pay-1", note="overpaid"),
    )


def test_an_excess_that_was_asked_back_before_is_not_asked_back_twice() -> None:
    """The refund is there already under its key; the confirmation is recorded alone."""
    before = (paid(500, "pay-0"), asked_back(100, "excess", source="pay-0"))

    assert confirm(arriving(1100, at=hour(1)), *before) == (entry(EntryKind.CONFIRMED, 1100),)


def test_beyond_the_tolerance_the_payment_is_refused() -> None:
    """One cent more than one euro, either way."""
    for cents in (899, 1101):
        refused = confirm_payment(
            (), price=eur(1000), payment=arriving(cents), tolerance=EURO, refund_key="excess"
        )
        assert isinstance(refused, Refusal)
        assert refused.code == "amount_outside_tolerance"


def test_confirmed_anew_only_what_is_still_here_counts() -> None:
    """The excess went back the first time; it neither counts nor goes back again."""
    first = confirm(arriving(1050, at=hour(1)))
    reversal = reverse_payment(first, currency="EUR", at=hour(2), why="mistake")
    assert isinstance(reversal, LedgerEntry)

    assert confirm(arriving(1050, at=hour(1)), *first, reversal) == (
        entry(EntryKind.CONFIRMED, 1000),
    )


def test_a_refund_beyond_one_payment_leaves_the_rest_when_it_is_confirmed_anew() -> None:
    """It named the newest of two, which did not hold all of it; the reversal took what was left."""
    before = (
        paid(900, "old"),
        paid(900),
        asked_back(1340),
        reversed_(460),
    )

    assert confirm(arriving(900, at=hour(1)), *before, price=900)[0] == (
        entry(EntryKind.CONFIRMED, 460)
    )


def test_a_reversal_of_two_payments_gives_each_no_more_than_it_was() -> None:
    """It goes by the newest; confirmed anew that is what it was, not both together."""
    before = (paid(900, "old"), paid(1000), reversed_(1900))

    assert confirm(arriving(1000, at=hour(1)), *before) == (entry(EntryKind.CONFIRMED, 1000),)


def test_confirmed_a_third_time_what_counts_is_what_is_not_here() -> None:
    """Every confirmation and every reversal before it is counted, not the last alone."""
    before = (paid(1050), asked_back(50), reversed_(1000), paid(1000), reversed_(1000))

    assert confirm(arriving(1050, at=hour(1)), *before) == (entry(EntryKind.CONFIRMED, 1000),)


def test_the_reversal_of_another_payment_brings_nothing_back_to_this_one() -> None:
    """Each goes by its own reference."""
    before = (paid(1050), asked_back(50), reversed_(1000), paid(1000, "new"))
    before = (*before, reversed_(1000, "new"))

    assert confirm(arriving(1050, at=hour(1)), *before) == (entry(EntryKind.CONFIRMED, 1000),)


def test_what_went_back_out_of_another_payment_does_not_count() -> None:
    """Nor does anything but requests for a refund."""
    before = (paid(50, "other"), asked_back(50, source="other"))

    assert confirm(arriving(1000, at=hour(1)), *before) == (entry(EntryKind.CONFIRMED, 1000),)


def test_the_rate_of_the_tolerance_is_written_beside_the_payment() -> None:
    """Whoever checks the books later needs the rate that was used then."""
    rate = ConversionRate(base="EUR", quote="USD", value="1.0850", source="bulletin of 1 March")
    price = Money(1000, "USD")
    payment = Payment(reference="pay-1", amount=price, at=hour(1))

    entries = confirm_payment(
        (),
        price=price,
        payment=payment,
        tolerance=tolerance_for("USD", rate=rate),
        refund_key="excess",
    )

    assert entries == (
        LedgerEntry(
            kind=EntryKind.CONFIRMED,
            amount=price,
            key="pay-1",
            at=hour(1),
            note="tolerance at EUR/USD 1.0850 (bulletin of 1 March)",
        ),
    )


# -- too late, and taken back -------------------------------------------------------------------


def test_money_that_arrives_too_late_goes_straight_back_as_a_whole() -> None:
    """Both entries say why."""
    back = return_payment((), arriving(1000, at=hour(1)), why="too late", refund_key="home")

    assert back == (
        entry(EntryKind.CONFIRMED, 1000, note="too late"),
        entry(EntryKind.REFUND_REQUESTED, 1000, "home", source="pay-1", note="too late"),
    )


def test_late_money_of_which_a_part_went_back_before_returns_only_the_rest() -> None:
    """A confirmation was reversed, its excess had gone; the order was cancelled then."""
    before = (paid(1050), asked_back(50), reversed_(1000))

    back = return_payment(before, arriving(1050, at=hour(1)), why="too late", refund_key="home")

    assert [each.amount for each in back] == [eur(1000), eur(1000)]


def test_late_money_that_was_sent_home_before_is_only_recorded() -> None:
    """The refund is there already under its key."""
    before = (paid(500, "pay-0"), asked_back(500, "home", source="pay-0"))

    back = return_payment(before, arriving(1000, at=hour(1)), why="too late", refund_key="home")

    assert back == (entry(EntryKind.CONFIRMED, 1000, note="too late"),)


def test_taking_back_a_confirmation_names_the_newest_payment_and_what_is_left_of_it() -> None:
    """It moves no money; what went back already is not taken back again."""
    before = (paid(700, "old"), reversed_(700, "old"), paid(1050), asked_back(50))

    assert reverse_payment(before, currency="EUR", at=hour(3), why="mistake") == LedgerEntry(
        kind=EntryKind.REVERSED, amount=eur(1000), key="pay-1", at=hour(3), note="mistake"
    )


def test_without_a_standing_confirmation_there_is_nothing_to_take_back() -> None:
    """Never paid, reversed before, refunded before: all the same."""
    nothing = Refusal(code="nothing_to_revert", reason="no confirmed payment stands")

    for entries in ((), (paid(9), reversed_(9)), (paid(9), asked_back(9))):
        assert reverse_payment(entries, currency="EUR", at=hour(1), why="mistake") == nothing
