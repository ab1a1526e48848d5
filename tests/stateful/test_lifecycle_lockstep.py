"""Two interpreters of the provisioning table walk the same orders, step by step.

The compiled table is ours, the machine is that of the `transitions` library. Both are asked the
same; they must agree on where the order is after every question, legal or not.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from transitions import MachineError

from ordercore.domain.orders.lifecycles import (
    PROVISIONING,
    PROVISIONING_GUARDS,
    LifeFacts,
    ProvisioningTrigger,
)
from ordercore.engine.lifecycle import allowed, allowed_now, as_machine, step
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.result import Refusal

FACTS = st.builds(
    LifeFacts,
    active_items=st.integers(0, 3),
    open_items=st.integers(0, 3),
    refund_settled=st.booleans(),
)


class HostOrder:
    """A mutable order as a host of the other library would keep it."""

    state: str


class Lockstep(RuleBasedStateMachine):
    """Ask both for the same trigger and compare."""

    def __init__(self) -> None:
        super().__init__()
        self.state: str = PROVISIONING.initial
        self.theirs = HostOrder()
        self.machine = as_machine(PROVISIONING, self.theirs, guards=PROVISIONING_GUARDS)
        self.history: list[str] = [self.state]

    def _ask(self, trigger: str, facts: LifeFacts) -> None:
        """Put one question to both, whatever the answer."""
        event = self.machine.events[str(trigger)]
        if trigger not in allowed(PROVISIONING, self.state):
            with pytest.raises(TransitionNotAllowed) as caught:
                step(PROVISIONING, self.state, trigger, facts, PROVISIONING_GUARDS)
            assert caught.value.state == self.state
            assert caught.value.allowed == tuple(self.machine.get_triggers(self.theirs.state))
            with pytest.raises(MachineError):
                event.trigger(self.theirs, facts)
            return
        answer = step(PROVISIONING, self.state, trigger, facts, PROVISIONING_GUARDS)
        moved = event.trigger(self.theirs, facts)
        assert moved == (not isinstance(answer, Refusal))
        if not isinstance(answer, Refusal):
            self.state = answer.dest
            self.history.append(self.state)

    @rule(trigger=st.sampled_from(list(ProvisioningTrigger)), facts=FACTS)
    def ask_anything(self, trigger: str, facts: LifeFacts) -> None:
        """Most triggers are not allowed in most states."""
        self._ask(trigger, facts)

    @precondition(lambda self: bool(allowed(PROVISIONING, self.state)))
    @rule(data=st.data(), facts=FACTS)
    def ask_what_is_allowed(self, data: st.DataObject, facts: LifeFacts) -> None:
        """Walk on, so that late states are visited too."""
        self._ask(data.draw(st.sampled_from(allowed(PROVISIONING, self.state))), facts)

    @invariant()
    def both_are_in_the_same_state(self) -> None:
        """Neither ran ahead, neither stayed behind."""
        assert self.theirs.state == self.state

    @invariant()
    def only_restore_follows_an_end(self) -> None:
        """After a terminal state comes nothing, or a fresh draft."""
        for before, after in pairwise(self.history):
            assert before not in PROVISIONING.terminal or (before, after) == ("cancelled", "draft")

    @invariant()
    def what_is_allowed_now_is_part_of_the_table(self) -> None:
        """The guards only ever take away."""
        now = allowed_now(PROVISIONING, self.state, LifeFacts(), PROVISIONING_GUARDS)
        assert set(now) <= set(self.machine.get_triggers(self.theirs.state))


TestLockstep = Lockstep.TestCase
