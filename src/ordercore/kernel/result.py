"""What a decision may answer besides success.

* `Refusal`: a rule said no. A value with a code and a reason; nothing was changed.
* `Report`: the findings of many checks together, never only the first.
* `Unknown`: an outside call whose outcome is not clear. Never treated as success or failure; it is
  looked up later under the same key.

Faults (programming errors, conflicts, missing things) are exceptions, see
`ordercore.kernel.errors`.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["Finding", "Refusal", "Report", "Unknown"]


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong with one field.

    Attributes:
        field: Path of the field, such as ``workers`` or ``items[0].config.autoscaling.min``.
        code: Stable machine-readable code, such as ``out_of_range``.
        message: What is wrong, for a person.
        allowed: What would be accepted, for a person; None where nothing can be listed.
    """

    field: str
    code: str
    message: str
    allowed: str | None = None

    def under(self, prefix: str) -> Finding:
        """Return the same finding with its field path put below ``prefix``."""
        path = f"{prefix}.{self.field}" if self.field else prefix
        return Finding(field=path, code=self.code, message=self.message, allowed=self.allowed)


@frozen(kw_only=True)
class Report:
    """Every finding of a run of checks, in the order of the checks."""

    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.findings


@frozen(kw_only=True)
class Refusal:
    """A rule turned a request down; nothing was changed or stored.

    Attributes:
        code: Stable machine-readable code, such as ``validation_failed``.
        reason: Why, for a person.
        findings: The details, one per field, where there are several.
    """

    code: str
    reason: str
    findings: tuple[Finding, ...] = ()


@frozen(kw_only=True)
class Unknown:
    """The outcome of an outside call is not known; look it up under ``key``."""

    key: str
    reason: str
