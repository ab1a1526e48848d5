"""Eight hosts at the same orders through the use cases: answers, conflicts and what is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import frozen

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    GetOrder,
    OrderCore,
    OrderHistory,
    Placed,
    PlaceOrder,
    ReportProvisioning,
    SubmitOrder,
    UseCase,
    VerifyAudit,
    WorkOnce,
)
from ordercore.codec import encode
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import ItemState, Order
from ordercore.engine.audit import AuditRecord
from ordercore.engine.saga import Accepted
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports, Provisioned, ProvisionOutcome, ProvisionRequest
from ordercore.testing.builders import TENANT, a_storage, a_vps, an_order_request
from ordercore_adapters import sqlalchemy
from ordercore_adapters.crypto import AesGcmSealer, Keyring
from ordercore_adapters.memory import (
    CollectedEvents,
    CollectedMail,
    CollectedNotifications,
    InstantPayments,
    OpenCapacity,
)
from tests.adapters.postgres_server import Server
from tests.kill.campaign import FORKS

pytestmark = pytest.mark.slow

_HOSTS = 8
_ORDERS = 4
_ITEMS = 4
_TIMES = 2
_DEADLINE_S = 60


@frozen
class Address:
    """Where the hosts meet."""

    url: str
    worker_url: str | None = None

    def ports(self, **services: Any) -> Ports:
        """Return a bundle of one's own."""
        return sqlalchemy.ports(self.url, worker_url=self.worker_url, **services)


class LateCloud:
    """A provider that takes every request and calls back later."""

    def __init__(self) -> None:
        self.requests: list[ProvisionRequest] = []

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Take the request."""
        self.requests.append(request)
        return Accepted()


@frozen
class Answer:
    """What one host was told for one request: the order as bytes, or why not."""

    key: str
    order: str = ""
    why_not: str = ""


def _sealer() -> AesGcmSealer:
    return AesGcmSealer(Keyring([("shared", bytes(32))]))


Requests = list[tuple[str, UseCase[Order | Refusal]]]


def _host(address: Address, number: int, requests: Requests, barrier: Any, answers: Any) -> None:
    """Make all requests in an order of one's own, each more than once; conflicts are noted."""
    core = OrderCore(address.ports(sealer=_sealer()))
    mine = requests * _TIMES
    Random(number).shuffle(mine)
    barrier.wait(_DEADLINE_S)
    told = []
    for key, request in mine:
        try:
            answer = core.handle(request)
        except OrderCoreError as fault:
            told.append(Answer(key, why_not=type(fault).__name__))
            continue
        if isinstance(answer, Refusal):
            told.append(Answer(key, why_not=answer.code))
        else:
            told.append(Answer(key, order=encode(answer)))
    core.close()
    answers.put(told)


def _all_at_once(address: Address, requests: Callable[[int], Requests]) -> list[Answer]:
    """Let every host make its requests at the same time and return all answers."""
    barrier, answers = FORKS.Barrier(_HOSTS), FORKS.Queue()
    hosts = [
        FORKS.Process(
            target=_host, args=(address, number, requests(number), barrier, answers), daemon=True
        )
        for number in range(_HOSTS)
    ]
    for host in hosts:
        host.start()
    try:
        told = [answers.get(timeout=_DEADLINE_S) for _ in hosts]
        for host in hosts:
            host.join(_DEADLINE_S)
    finally:
        for host in hosts:
            host.kill()
    return [answer for each in told for answer in each]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        return Address(f"sqlite:///{tmp_path / 'orders.db'}")
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()
    return Address(made.app, made.worker)


@pytest.fixture
def cloud() -> LateCloud:
    """Return the provider of the host that works."""
    return LateCloud()


@pytest.fixture
def core(address: Address, cloud: LateCloud) -> Iterator[OrderCore]:
    """Return the host that places orders and works; it closes its connections in the end."""
    bundle = address.ports(
        provisioner=cloud,
        payments=InstantPayments(),
        capacity=OpenCapacity(),
        notifications=CollectedNotifications(),
        mailer=CollectedMail(),
        sealer=_sealer(),
        publisher=CollectedEvents(),
    )
    with OrderCore(bundle) as made:
        yield made


def _submitted(core: OrderCore, number: int) -> Order:
    caller = Caller.of(TENANT, "customer")
    items = [a_vps() if at % 2 else a_storage() for at in range(_ITEMS)]
    request = an_order_request(*items, reference=f"R-{number}")
    placed = core.handle(PlaceOrder(caller=caller, request=request))
    assert isinstance(placed, Placed)
    order = core.handle(SubmitOrder(caller=caller, order_id=placed.order.id))
    assert isinstance(order, Order)
    return order


def _payment(order: Order, key: str, **more: Any) -> ConfirmPayment:
    caller = Caller.of(TENANT, "gateway", role="system", idempotency_key=key)
    return ConfirmPayment(
        caller=caller, order_id=order.id, reference=f"pay-{key}", amount=order.total, **more
    )


def _work(core: OrderCore) -> None:
    while core.handle(WorkOnce()) is not None:
        pass


def _looked_at(core: OrderCore, order_id: OrderId) -> tuple[Order, tuple[AuditRecord, ...]]:
    """Return an order and its trail, after making sure that no write to it was lost."""
    caller = Caller.of(TENANT, "auditor", role="operator")
    order = core.handle(GetOrder(caller=caller, order_id=order_id))
    history = core.handle(OrderHistory(caller=caller, order_id=order_id))
    assert [record.seq for record in history] == list(range(1, order.version + 1))
    assert core.handle(VerifyAudit(caller=caller, order_id=order_id)).whole
    return order, history


def test_items_reported_by_eight_hosts_are_each_active_once(
    address: Address, core: OrderCore, cloud: LateCloud
) -> None:
    """Sixteen answers to one request have one effect, and all hosts are told the same."""
    orders = [_submitted(core, number) for number in range(_ORDERS)]
    for order in orders:
        core.handle(_payment(order, order.id))
    _work(core)
    assert len(cloud.requests) == _ORDERS * _ITEMS

    def reports(_number: int) -> Requests:
        return [(request.key, _report(request)) for request in cloud.requests]

    answers = _all_at_once(address, reports)
    assert Counter(answer.why_not for answer in answers) == {"": _HOSTS * _TIMES * _ORDERS * _ITEMS}
    assert set(_answers_by_key(answers).values()) == {1}
    _work(core)
    for placed in orders:
        order, history = _looked_at(core, placed.id)
        assert (order.state, len(order.items_in(ItemState.ACTIVE))) == ("fulfilled", _ITEMS)
        assert sum('"dest":"active"' in record.data for record in history) == _ITEMS
        assert len(order.ledger) == 1


def test_of_eight_hosts_that_read_the_same_version_one_may_write(
    address: Address, core: OrderCore
) -> None:
    """Everybody else is told that the order has changed, and nothing is overwritten."""
    orders = [_submitted(core, number) for number in range(_ORDERS)]

    def requests(number: int) -> Requests:
        made: Requests = []
        for order in orders:
            key = f"{order.reference}-{number}"
            paying = number % 2
            made.append(
                (
                    key,
                    _payment(order, key, expected_version=order.version)
                    if paying
                    else _cancel(order, key, expected_version=order.version),
                )
            )
        return made

    answers = _all_at_once(address, requests)
    told = [answer for answer in answers if answer.order]
    assert {answer.why_not for answer in answers} == {"", "ConcurrencyConflict"}
    # The one that wrote is told so again when it repeats its request.
    assert len({answer.key for answer in told}) == _ORDERS
    assert len(told) == _ORDERS * _TIMES
    assert set(_answers_by_key(answers).values()) == {1}
    for placed in orders:
        order, _ = _looked_at(core, placed.id)
        assert order.state in ("cancelled", "payment_confirmed")


def test_one_request_sent_by_eight_hosts_at_once_has_one_answer(
    address: Address, core: OrderCore
) -> None:
    """Whoever comes second finds the first one's answer, or is told to ask again."""
    orders = [_submitted(core, number) for number in range(_ORDERS)]

    def requests(_number: int) -> Requests:
        made: Requests = []
        for order in orders:
            made.append((f"pay-{order.id}", _payment(order, f"pay-{order.id}")))
            made.append((f"cancel-{order.id}", _cancel(order, f"cancel-{order.id}")))
        return made

    answers = _all_at_once(address, requests)
    assert {answer.why_not for answer in answers} <= {"", "ConcurrencyConflict"}
    by_key = _answers_by_key(answers)
    assert set(by_key.values()) == {1}
    assert len(by_key) == 2 * _ORDERS
    _work(core)
    for placed in orders:
        order, _ = _looked_at(core, placed.id)
        assert order.state == "cancelled"
        assert order.balance.refunded == order.balance.confirmed == order.total


def _answers_by_key(answers: list[Answer]) -> dict[str, int]:
    """Return how many different answers were given under each key."""
    told = defaultdict(set)
    for answer in answers:
        if answer.order:
            told[answer.key].add(answer.order)
    return {key: len(different) for key, different in told.items()}


def _report(request: ProvisionRequest) -> ReportProvisioning:
    return ReportProvisioning(
        caller=Caller.of(TENANT, "cloud", role="system", idempotency_key=request.key),
        order_id=request.order_id,
        key=request.key,
        attempt=request.attempt,
        outcome=Provisioned(
            resource=f"res-{request.key}",
            credentials=Credentials(values={"hostname": f"{request.key}.example"}),
        ),
    )


def _cancel(order: Order, key: str, **more: Any) -> CancelOrder:
    caller = Caller.of(TENANT, "customer", idempotency_key=key)
    return CancelOrder(caller=caller, order_id=order.id, reason="changed my mind", **more)
