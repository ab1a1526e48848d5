"""The test kit, for ordercore's own tests and for hosts.

* `ordercore.testing.fakes`: a clock that stands still and ids that count.
* `ordercore.testing.builders`: readable literals for orders and requests.
* `ordercore.testing.strategies`: Hypothesis strategies.
* `ordercore.testing.contracts`: one suite per port; an adapter that passes them keeps its promises.

Nothing is imported here: the first two need no test tool, the others need Hypothesis and pytest.
"""

from __future__ import annotations

__all__: list[str] = []
