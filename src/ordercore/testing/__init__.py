"""The test kit, for ordercore's own tests and for hosts.

* `ordercore.testing.fakes`: a clock that stands still and ids that count.
* `ordercore.testing.builders`: readable literals for orders and requests.
* `ordercore.testing.strategies`: Hypothesis strategies.
* `ordercore.testing.laws`: what must hold of stored orders, whatever happened.
* `ordercore.testing.simulation`: whole lives of orders under seeded faults.
* `ordercore.testing.verdicts`: what a broken law means for whoever wrote an adapter.
* `ordercore.testing.contracts`: one suite per port; an adapter that passes them keeps its promises.

Nothing is imported here: strategies and contracts need Hypothesis and pytest, the others no tool.
"""

from __future__ import annotations

__all__: list[str] = []
