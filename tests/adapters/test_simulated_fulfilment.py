"""Warehouse, carrier and post with faults: the books say what happened, whatever was answered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from ordercore.domain.fulfilment import PackedUnits, Parcel
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel import ItemId, Money, OrderId, PostalAddress, TenantId
from ordercore.ports import (
    HandOver,
    Labelled,
    LabelRequest,
    Letter,
    LetterKind,
    NotPacked,
    Packed,
    PackRequest,
    Picked,
    PickRequest,
)
from ordercore.testing.contracts import drive
from ordercore_adapters.simulated import (
    STUBBORN_CALLS,
    FaultPlan,
    Rates,
    VirtualClock,
    World,
    world,
)

SHOP = TenantId("shop")
ORDER = OrderId("order-1")
SEEDS = range(8)
TRIES = 400


def picking(key: str = "pick", quantity: int = 5) -> PickRequest:
    """Return a request for some units."""
    return PickRequest(
        key=key,
        attempt=1,
        tenant=SHOP,
        order_id=ORDER,
        item=ItemId("1"),
        sku="SKU-1",
        quantity=quantity,
    )


def packing(key: str = "pack") -> PackRequest:
    """Return a request to pack what was picked."""
    contents = (PackedUnits(item=ItemId("1"), quantity=5),)
    return PackRequest(key=key, attempt=1, tenant=SHOP, order_id=ORDER, contents=contents)


def labelling(key: str = "label") -> LabelRequest:
    """Return a request for a label."""
    units = PackedUnits(item=ItemId("1"), quantity=5)
    return LabelRequest(
        key=key,
        attempt=1,
        tenant=SHOP,
        order_id=ORDER,
        service="standard",
        name="Žofie Nováková",
        address=PostalAddress(lines=("Dlouhá 1",), postcode="110 00", city="Praha", country="CZ"),
        parcels=(Parcel(id="1", weight_g=900, contents=(units,)),),
    )


LETTER = Letter(
    key="letter",
    tenant=SHOP,
    order_id=ORDER,
    kind=LetterKind.SHIPPED,
    recipient="zofie@mail.example",
    reference="REF-1",
    lines=(),
    total=Money(1, "EUR"),
)


class Made:
    """Worlds that are closed again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._worlds: list[World] = []

    def __call__(self, *, seed: int = 1, **rates: Rates) -> World:
        """Return a world whose kinds of calls meet these fates."""
        folder = self._folder / str(len(self._worlds))
        made = world(folder, seed=seed, faults=FaultPlan(seed=seed, rates=rates))
        self._worlds.append(made)
        return made

    def close(self) -> None:
        """Close all of them."""
        for each in self._worlds:
            each.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Return a maker of worlds."""
    maker = Made(tmp_path)
    yield maker
    maker.close()


def answered(ask: Callable[[], Coroutine[Any, Any, object]], clock: object) -> object:
    """Ask until the answer says how it ended, and return that."""
    assert isinstance(clock, VirtualClock)
    for _ in range(TRIES):
        try:
            outcome = drive(ask())
        except TimeoutError:
            continue
        if not isinstance(outcome, (Accepted, Failed, Unclear)):
            return outcome
        clock.advance(30)
    raise AssertionError("no end")


def test_a_short_pick_finds_the_rest_later(made: Made) -> None:
    """What was found stays, what is missing is looked for again, and never more is picked."""
    shop = made(shelf=Rates(stubborn=1000))
    seen = []
    for _ in range(STUBBORN_CALLS + 1):
        outcome = drive(shop.warehouse.pick(picking()))
        assert isinstance(outcome, Picked)
        assert outcome.result.picked + outcome.result.missing == 5
        seen.append(outcome.result.picked)
        found = drive(shop.warehouse.find_pick(SHOP, "pick"))
        assert found == outcome
    assert seen == sorted(seen)
    assert seen[0] < 5
    assert seen[-1] == 5
    assert shop.warehouse.books.rows("SELECT picked FROM picks") == [(5,)]


def test_what_is_never_there_stays_missing(made: Made) -> None:
    """So the order has to go on without."""
    shop = made(shelf=Rates(rejected=1000))
    for _ in range(3 * STUBBORN_CALLS):
        outcome = drive(shop.warehouse.pick(picking(quantity=1)))
        assert isinstance(outcome, Picked)
        assert (outcome.result.picked, outcome.result.missing) == (0, 1)


def test_a_defect_packs_nothing(made: Made) -> None:
    """It is looked at anew each time, and found absent meanwhile."""
    shop = made(quality=Rates(stubborn=1000))
    for _ in range(STUBBORN_CALLS):
        outcome = drive(shop.warehouse.pack(packing()))
        assert isinstance(outcome, NotPacked)
        assert not outcome.check.passed
        assert Absent() == drive(shop.warehouse.find_pack(SHOP, "pack"))
    assert isinstance(drive(shop.warehouse.pack(packing())), Packed)


def test_a_label_may_be_refused_for_good(made: Made) -> None:
    """The carrier does not go everywhere, and says so each time."""
    shop = made(label=Rates(rejected=1000))
    for _ in range(2):
        outcome = drive(shop.carrier.label(labelling()))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "undeliverable"
    assert Absent() == drive(shop.carrier.find_label(SHOP, "label"))


def test_a_mailbox_may_not_exist(made: Made) -> None:
    """Nothing is sent there."""
    shop = made(letter=Rates(rejected=1000))
    assert isinstance(drive(shop.post.send(LETTER)), Rejected)
    assert shop.post.books.rows("SELECT key FROM letters") == []


def test_no_hand_over_before_the_label_is_made(made: Made) -> None:
    """It is tried again, not given up."""
    shop = made(label=Rates(delayed=1000))
    assert Accepted() == drive(shop.carrier.label(labelling()))
    tracking = shop.carrier.books.rows("SELECT tracking FROM labels")[0][0]
    request = HandOver(
        key="out", tenant=SHOP, order_id=ORDER, label_key="label", tracking=str(tracking)
    )
    outcome = drive(shop.carrier.hand_over(request))
    assert isinstance(outcome, Failed)
    assert outcome.code == "label_pending"
    assert isinstance(shop.clock, VirtualClock)
    shop.clock.advance(90)
    assert Succeeded() == drive(shop.carrier.hand_over(request))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_day_ends_in_one_of_each(made: Made, tmp_path: Path, seed: int) -> None:
    """Answers are lost, late and double; the books have one pick, pack, label and hand-over."""
    shop = world(tmp_path / "bad", faults=FaultPlan.profile("hostile", seed=seed), seed=seed)
    try:
        picked = answered(lambda: shop.warehouse.pick(picking()), shop.clock)
        assert isinstance(picked, Picked)
        packed = answered(lambda: shop.warehouse.pack(packing()), shop.clock)
        assert isinstance(packed, (Packed, NotPacked))
        label = answered(lambda: shop.carrier.label(labelling()), shop.clock)
        if isinstance(label, Labelled):
            request = HandOver(
                key="out",
                tenant=SHOP,
                order_id=ORDER,
                label_key="label",
                tracking=label.tracking,
            )
            gone = answered(lambda: shop.carrier.hand_over(request), shop.clock)
            assert gone == Succeeded()
        answered(lambda: shop.post.send(LETTER), shop.clock)
        for keeper, table in (
            (shop.warehouse, "picks"),
            (shop.warehouse, "packs"),
            (shop.carrier, "labels"),
            (shop.carrier, "hand_overs"),
            (shop.post, "letters"),
        ):
            ((count,),) = keeper.books.rows(f"SELECT count(*) FROM {table}")
            assert count in (0, 1)
        ((units,),) = shop.warehouse.books.rows("SELECT picked FROM picks")
        assert units == picked.result.picked <= 5
    finally:
        shop.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_undone_on_a_bad_day_stays_undone(made: Made, tmp_path: Path, seed: int) -> None:
    """A pick or a label that arrives after its undoing has no effect."""
    shop = world(tmp_path / "bad", faults=FaultPlan.profile("hostile", seed=seed), seed=seed)
    try:
        answered(lambda: shop.warehouse.pick(picking()), shop.clock)
        answered(lambda: shop.carrier.label(labelling()), shop.clock)
        for _ in range(2):
            back = answered(
                lambda: shop.warehouse.put_back(SHOP, key="back", pick_key="pick"), shop.clock
            )
            void = answered(
                lambda: shop.carrier.void_label(SHOP, key="void", label_key="label", label=None),
                shop.clock,
            )
            assert (back, void) == (Succeeded(), Succeeded())
            late = answered(lambda: shop.warehouse.pick(picking()), shop.clock)
            assert isinstance(late, Rejected)
            assert isinstance(
                answered(lambda: shop.carrier.label(labelling()), shop.clock), Rejected
            )
        gone = answered(lambda: shop.warehouse.find_pick(SHOP, "pick"), shop.clock)
        assert gone == Absent()
        assert answered(lambda: shop.carrier.find_label(SHOP, "label"), shop.clock) == Absent()
    finally:
        shop.close()


def test_the_same_seed_is_the_same_day(made: Made) -> None:
    """Whatever was short, defect or late is so again."""

    def day(shop: World) -> list[object]:
        answers: list[object] = []
        for key in ("a", "b", "c", "d"):
            for _ in range(3):
                answers.append(_told(shop.warehouse.pick(picking(key))))
                answers.append(_told(shop.warehouse.pack(packing(key))))
                answers.append(_told(shop.carrier.label(labelling(key))))
        return answers

    some = Rates(transient=300, lost_done=100, lost_undone=100, delayed=200)
    rates = dict.fromkeys(("pick", "shelf", "pack", "quality", "label"), some)
    assert day(made(seed=5, **rates)) == day(made(seed=5, **rates))
    assert day(made(seed=5, **rates)) != day(made(seed=6, **rates))


def _told(asked: Coroutine[Any, Any, object]) -> object:
    try:
        return drive(asked)
    except TimeoutError as lost:
        return str(lost)


def test_the_books_hold_nobody_s_name(made: Made) -> None:
    """Nor street: a shipment is known by its digest."""
    shop = made()
    drive(shop.carrier.label(labelling()))
    kept = shop.carrier.books.path.read_bytes()
    for file in shop.carrier.books.path.parent.glob("carrier.sqlite3*"):
        kept += file.read_bytes()
    for personal in ("Nováková", "Dlouhá", "Praha"):
        assert personal.encode() not in kept
