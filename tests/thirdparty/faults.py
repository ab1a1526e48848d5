"""Mistakes that people make when they write a store, one at a time."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Fault"]


class Fault(StrEnum):
    """A mistake, in the words of the one who made it."""

    NONE = "nothing that I know of"
    LOST_UPDATE = "the version an order was read at is not compared"
    LOST_SAGA_UPDATE = "the version a saga was read at is not compared"
    NO_LOCK = "`update` reads and decides before it takes the lock"
    HALF_A_BATCH = "what was written before the refusal stays"
    REPEATED_HISTORY = "a record of the trail may be written over"
    FORGOTTEN_EVENT = "of several events only the first is kept"
    ENDLESS_EVENTS = "events are not marked as published"
    JUMBLED_EVENTS = "events come in the order of their positions as text"
    SHARED_LEASE = "work that somebody holds is given out again"
    IMMORTAL_LEASE = "a lease that was lost can still be ended with a batch"
    REUSED_FENCE = "every claim has the same fence"
    FORGOTTEN_TIMER = "timers are not scheduled"
    FORGOTTEN_REQUEST = "finished work goes even if it was asked for again"
    IGNORED_FENCES = "the fences of locks are not compared"
    FORGOTTEN_ANSWER = "answers are not kept under their keys"
    FORGOTTEN_MARK = "messages that were taken in are not marked"
    TAKEN_REFERENCE = "a reference may be used twice"
    LEAKED_ROWS = "orders are found by reference whoever asks"
    OVERSOLD_STOCK = "reservations are not compared with what there is"
    REUSED_NUMBER = "numbers are not compared with the last one taken"
    SHARED_PAYMENT = "a payment may pay several orders"
    REMEMBERED_ROWS = "orders that were read once are not read again"
    ROUNDED_INSTANTS = "instants are kept to the second"
    NAIVE_INSTANTS = "instants lose their time zone"
    KEPT_CREDENTIALS = "credentials are never deleted"
