"""Replaying the set: statuses, contradictions, money, and arrival that changes nothing."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from ordercore.domain.orders.lifecycles import RETAIL, RetailState
from ordercore_adapters.olist import (
    Arrival,
    MoneyMatch,
    Orphan,
    Problem,
    Replayed,
    Shelf,
    Tally,
    find_files,
    load,
    match_of,
    replay,
)
from tests.adapters.olist_set import OlistSet, delivered, item, random_set, small_set

S = RetailState


def results(
    folder: Path, *, arrival: Arrival = Arrival.TIME, seed: int = 0, limit: int | None = None
) -> list[Replayed | Orphan]:
    """Return what became of everything in ``folder``; nothing in it may be wrong."""
    problems: list[Problem] = []
    files = find_files(folder)
    assert isinstance(files, tuple)
    with Shelf() as shelf:
        load(shelf, files, limit=limit, problem=problems.append, progress=lambda done: None)
        found = list(replay(shelf, arrival=arrival, seed=seed))
    assert problems == []
    return found


def orders_of(folder: Path) -> dict[str, Replayed]:
    """Return the orders by id."""
    return {each.order_id: each for each in results(folder) if isinstance(each, Replayed)}


def tally_of(found: list[Replayed | Orphan]) -> Tally:
    """Add everything up."""
    tally = Tally()
    for each in found:
        tally.add(each)
    return tally


def test_every_status_ends_in_its_state(tmp_path: Path) -> None:
    """The eight words of the set, and the reason of what was cancelled."""
    orders = orders_of(small_set().write(tmp_path))
    assert {name: (str(each.timeline.state), each.reason) for name, each in orders.items()} == {
        "a-fine": ("completed", None),
        "b-new": ("created", None),
        "c-paid": ("confirmed", None),
        "d-picked": ("in_fulfilment", None),
        "e-billed": ("ready", None),
        "f-sent": ("shipped", None),
        "g-gone": ("cancelled", "canceled"),
        "h-sold-out": ("cancelled", "unavailable"),
        "i-early": ("completed", None),
        "j-sent-back": ("cancelled", "canceled"),
        "k-unseen": ("completed", None),
        "l-hurried": ("created", None),
        "m-late": ("completed", None),
    }


def test_what_contradicts_what_is_said_in_the_words_of_the_set(tmp_path: Path) -> None:
    """Columns and their values on both sides; orders that are fine are not flagged."""
    orders = orders_of(small_set().write(tmp_path))
    flagged = {
        name: [str(each) for each in order.timeline.contradictions]
        for name, order in orders.items()
        if order.timeline.contradictions
    }
    assert flagged == {
        "i-early": [
            "out_of_order: order_delivered_carrier_date = 2020-02-01T10:30:00Z (reached shipped)"
            " against order_approved_at = 2020-02-03T08:00:00Z (reached confirmed)"
        ],
        "j-sent-back": [
            "beyond_status: order_delivered_carrier_date = 2020-02-03T08:00:00Z (reached shipped)"
            " against order_status = canceled (is cancelled)"
        ],
        "k-unseen": [
            "no_time: no time at all (reached delivered)"
            " against order_status = delivered (is completed)"
        ],
        "l-hurried": [
            "promised_too_early: order_estimated_delivery_date = 2020-01-31T23:59:59Z"
            " (promised delivered) against"
            " order_purchase_timestamp = 2020-02-01T10:00:00Z (reached created)"
        ],
    }


def test_money_is_compared_to_the_cent(tmp_path: Path) -> None:
    """Ten and a half, a tenth and a fifth are exactly 11.80; one cent more or less is told."""
    orders = orders_of(small_set().write(tmp_path))
    matches = {name: match_of(each) for name, each in orders.items()}
    assert matches["a-fine"] is MoneyMatch.MATCHED
    assert matches["c-paid"] is MoneyMatch.OVER
    assert matches["d-picked"] is MoneyMatch.UNDER
    assert matches["f-sent"] is MoneyMatch.WITHOUT_PAYMENTS
    assert matches["g-gone"] is MoneyMatch.WITHOUT_ITEMS
    assert matches["b-new"] is MoneyMatch.NEITHER


def test_what_belongs_to_no_order_is_accounted_for(tmp_path: Path) -> None:
    """Payments and items under strange ids keep their amounts."""
    found = results(small_set().write(tmp_path))
    strays = [each for each in found if isinstance(each, Orphan)]
    assert strays == [
        Orphan(order_id="y-nobody", items=0, payments=2, due_minor=0, paid_minor=10000),
        Orphan(order_id="z-nobody", items=1, payments=0, due_minor=707, paid_minor=0),
    ]


def test_a_delivery_on_the_promised_day_is_in_time(tmp_path: Path) -> None:
    """The promise is a day: its last hour counts, the first second after it is late."""
    made = OlistSet(
        orders=[
            [*delivered("in-time")[:6], "2020-02-20 23:59:59", "2020-02-20 00:00:00"],
            [*delivered("late")[:6], "2020-02-21 00:00:00", "2020-02-20 00:00:00"],
        ]
    )
    assert tally_of(results(made.write(tmp_path))).late == {"in_time": 1, "late": 1}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_time_ordered_shuffled_and_doubled_runs_end_identically(tmp_path: Path, seed: int) -> None:
    """All results are equal, and so is the digest over them."""
    folder = random_set(seed, 300).write(tmp_path)
    by_time = results(folder)
    for arrival in (Arrival.SHUFFLED, Arrival.DOUBLED):
        assert by_time == results(folder, arrival=arrival, seed=seed)
    assert len({tally_of(results(folder, arrival=each, seed=7)).digest for each in Arrival}) == 1


def test_messages_really_arrive_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fold is handed differs from run to run; only its result does not."""
    from ordercore_adapters.olist import replaying as module

    handed: list[tuple[object, ...]] = []
    fold = module.fold_timeline

    def spy(track: object, seen: list[object], **more: object) -> object:
        handed.append(tuple(seen))
        return fold(track, seen, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fold_timeline", spy)
    folder = OlistSet(orders=[delivered("one")]).write(tmp_path)
    for arrival in Arrival:
        results(folder, arrival=arrival, seed=4)
    by_time, shuffled, doubled = handed
    assert sorted(map(str, by_time)) == sorted(map(str, shuffled))
    assert by_time != shuffled
    assert sorted(map(str, (*by_time, *by_time))) == sorted(map(str, doubled))


def test_the_digest_tells_runs_apart(tmp_path: Path) -> None:
    """One second or one cent elsewhere, and it is another one."""
    one = small_set()
    cent, second = small_set(), small_set()
    cent.items[0] = item("a-fine", 1, "10.01", "1.5")
    second.orders[0] = [*delivered("a-fine")[:6], "2020-02-09 17:00:01", "2020-02-20 00:00:00"]
    digests = {
        tally_of(results(made.write(tmp_path / str(number)))).digest
        for number, made in enumerate((one, cent, second))
    }
    assert len(digests) == 3


def test_the_equations_of_the_account_hold(tmp_path: Path) -> None:
    """Each order counts in one state and in one way its money matches; no row is lost."""
    made = random_set(11, 400)
    found = results(made.write(tmp_path))
    tally = tally_of(found)
    assert tally.orders == 400 == tally.states.total() == tally.money.total()
    assert set(tally.money) == set(MoneyMatch)
    assert {state for state, _said in tally.states} <= set(RETAIL.states)
    rows = len(made.items) + len(made.extra_items or ())
    assert rows == tally.totals["items"] + tally.totals["orphan_items"]
    assert len(made.payments) == tally.totals["payments"] + tally.totals["orphan_payments"]
    assert set(tally.contradictions) >= {"out_of_order", "beyond_status", "no_time"}


def test_a_limit_takes_the_first_orders_and_only_what_is_theirs(tmp_path: Path) -> None:
    """Nothing of the others is counted as belonging to nobody."""
    found = results(small_set().write(tmp_path), limit=3)
    assert [each.order_id for each in found] == ["a-fine", "b-new", "c-paid"]
    assert tally_of(found).totals["payments_minor"] == 1180 + 2501


def test_memory_does_not_grow_with_the_number_of_orders(tmp_path: Path) -> None:
    """A thousand more add less than a reader's buffer: rows lie on disk, results are let go."""

    def peak(orders: int) -> int:
        folder = random_set(1, orders).write(tmp_path / str(orders))
        files = find_files(folder)
        assert isinstance(files, tuple)
        tracemalloc.start()
        try:
            with Shelf() as shelf:
                load(shelf, files, problem=print, progress=lambda done: None)
                tally = Tally()
                for each in replay(shelf, arrival=Arrival.DOUBLED):
                    tally.add(each)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # imports and caches
    assert peak(1800) - peak(800) < 64 * 1024
