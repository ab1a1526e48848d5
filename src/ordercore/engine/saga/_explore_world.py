"""The outside world of an exploration: providers that honour idempotency keys and can go wrong.

A provider remembers its effects by key. The same key never makes an effect twice; an undo names the
forward key, removes what is there under it and refuses that key from then on, so a request that
arrives late cannot bring the effect back. Everything else may go wrong, one fault at a time:
`replies` lists each way a call can end, from a clean success to a request that lands after its
deadline.
"""

from __future__ import annotations

from attrs import evolve, frozen

from ordercore.engine.saga.calls import Call, CallKind
from ordercore.engine.saga.messages import (
    Absent,
    Failed,
    Outcome,
    Rejected,
    Succeeded,
    Unclear,
)
from ordercore.engine.saga.state import Memory

__all__ = ["Effect", "Reply", "Request", "World", "landed", "remembered_by", "replies"]

_FAILED = Failed(code="failed", reason="failed")
_REJECTED = Rejected(code="rejected", reason="rejected")
_UNCLEAR = Unclear(reason="no answer")


@frozen(cache_hash=True)
class Effect:
    """One effect, forward or back, of one step on one branch, under the key it was made with."""

    branch: str
    step: str
    forward: bool
    key: str


@frozen(cache_hash=True)
class Request:
    """A request that has left and may still arrive; ``target`` is the key of the forward effect."""

    effect: Effect
    target: str


@frozen(kw_only=True, cache_hash=True)
class World:
    """What providers hold and what has gone wrong so far.

    Attributes:
        made: Every effect ever made.
        live: Forward effects that are there now.
        gone: Forward keys taken back; nothing is made under them any more.
        flying: Requests that may still arrive.
        broken: Steps (branch, name, direction) that fail at every attempt; the last entry tells
            whether the effect is made all the same.
        hurt: Branches in which something went wrong.
        aborted: Somebody asked to take everything back.
    """

    made: frozenset[Effect] = frozenset()
    live: frozenset[Effect] = frozenset()
    gone: frozenset[str] = frozenset()
    flying: frozenset[Request] = frozenset()
    broken: frozenset[tuple[str, str, bool, bool]] = frozenset()
    hurt: frozenset[str] = frozenset()
    aborted: bool = False


@frozen(kw_only=True)
class Reply:
    """One way a call may end.

    Attributes:
        outcome: What the worker reports; None when it died before it could.
        at_deadline: The answer is given when the attempt's deadline has come.
        cost: Faults used up by it.
    """

    label: str
    world: World
    outcome: Outcome | None
    at_deadline: bool = False
    cost: int = 1


def remembered_by(key: str) -> Memory:
    """Return what a forward step remembers when it succeeds under ``key``."""
    return (("effect", key),)


def landed(world: World, request: Request) -> World:
    """Return the world after ``request`` has reached its provider."""
    effect, target = request.effect, request.target
    if effect.forward:
        if target in world.gone:
            return world
        return evolve(
            world,
            made=world.made | {effect},
            live=world.live | {effect},
            flying=world.flying - {request},
        )
    return evolve(
        world,
        made=world.made | {effect},
        live=frozenset(there for there in world.live if there.key != target),
        gone=world.gone | {target},
        flying=frozenset(other for other in world.flying if other.target != target),
    )


def replies(world: World, call: Call) -> tuple[Reply, ...]:
    """Return every way ``call`` may end in ``world``."""
    request = Request(Effect(call.branch, call.step, call.forward, call.key), call.effect_key)
    hurt = evolve(world, hurt=world.hurt | {call.branch})
    if call.kind is CallKind.FIND:
        return _when_looked_up(world, hurt, request)
    if call.forward and request.target in world.gone:
        return (Reply(label="refused: taken back", world=world, outcome=_REJECTED, cost=0),)
    name = (call.branch, call.step, call.forward)
    there = landed(world, request)
    if (*name, True) in world.broken:
        return (Reply(label="half runs again", world=there, outcome=_FAILED, cost=0),)
    if (*name, False) in world.broken:
        return (Reply(label="fails again", world=world, outcome=_FAILED, cost=0),)
    ok = Reply(label="succeeds", world=there, outcome=_success(request), cost=0)
    return (ok, *_when_it_goes_wrong(hurt, request, name))


def _when_it_goes_wrong(
    world: World, request: Request, name: tuple[str, str, bool]
) -> tuple[Reply, ...]:
    there = landed(world, request)
    flying = evolve(world, flying=world.flying | {request})
    stays = evolve(world, broken=world.broken | {(*name, False)})
    half_stays = evolve(there, broken=there.broken | {(*name, True)})
    found = [
        Reply(label="fails", world=world, outcome=_FAILED),
        Reply(label="half runs, then fails", world=there, outcome=_FAILED),
        Reply(label="fails from now on", world=stays, outcome=_FAILED),
        Reply(label="half runs and fails from now on", world=half_stays, outcome=_FAILED),
        Reply(label="is rejected", world=world, outcome=_REJECTED),
        Reply(label="half runs, then is rejected", world=there, outcome=_REJECTED),
        Reply(label="succeeds, answer lost", world=there, outcome=_UNCLEAR),
        Reply(label="gets lost", world=world, outcome=_UNCLEAR),
        Reply(label="succeeds, worker dies before recording it", world=there, outcome=None),
    ]
    if world.made.isdisjoint({request.effect}):
        # Accepted and lost on the way look alike from here: the effect may come at any time.
        found += [
            Reply(label="is under way", world=flying, outcome=_UNCLEAR),
            Reply(
                label="is under way past its deadline",
                world=flying,
                outcome=_UNCLEAR,
                at_deadline=True,
            ),
        ]
    return tuple(found)


def _when_looked_up(world: World, hurt: World, request: Request) -> tuple[Reply, ...]:
    late = Reply(
        label="is unclear past the deadline", world=hurt, outcome=_UNCLEAR, at_deadline=True
    )
    if request.effect in world.made:
        return (Reply(label="is there", world=world, outcome=_success(request), cost=0), late)
    dropped = evolve(hurt, flying=hurt.flying - {request})
    return (
        Reply(label="is not there", world=world, outcome=Absent(), cost=0),
        Reply(label="was rejected", world=dropped, outcome=_REJECTED),
        Reply(label="failed on the other side", world=dropped, outcome=_FAILED),
        late,
    )


def _success(request: Request) -> Succeeded:
    memory = remembered_by(request.target) if request.effect.forward else ()
    return Succeeded(memory=memory)
