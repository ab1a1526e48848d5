"""The numbered checks of orders."""

from __future__ import annotations

from generators.docstrings import attribute_notes, first_sentence
from generators.markdown import section, table
from ordercore.domain.processes import ProvisioningRules
from ordercore.domain.validation import ALL_RULES, LiveFacts

__all__ = ["page"]

_INTRODUCTION = """\
# Checks

Every check has a number that belongs to it for good. All findings are reported together; a check
that lacks its facts is itself a finding (`check_not_run`), so an order is never accepted because
nobody looked. Static checks run when an order is placed, before money moves; all of them, the live
ones included, run again in the state `validating`, where a finding fails the order and refunds it.

A host changes the lists with `ProvisioningRules(placement_checks=..., validation_checks=...)`.
"""

_FACTS = """\
What the live checks look at is fetched through the `capacity` port as one value, `LiveFacts`;
every default means "no limit".
"""


def page() -> str:
    """Return the page: the checks, then the facts they need."""
    at_placement = {rule.id for rule in ProvisioningRules().placement_checks}
    notes = attribute_notes(LiveFacts)
    return "\n".join(
        [
            _INTRODUCTION,
            table(
                ("number", "what holds", "the check", "runs"),
                (
                    (
                        f"`{rule.id}`",
                        rule.title,
                        first_sentence(rule.check),
                        "placement and validation" if rule.id in at_placement else "validation",
                    )
                    for rule in ALL_RULES
                ),
            ),
            section(2, "Live facts"),
            _FACTS,
            table(("fact", "meaning"), ((f"`{name}`", text) for name, text in notes.items())),
        ]
    )
