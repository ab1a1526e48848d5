"""How a call to a provider may end: the values every provider port answers with.

They belong to the saga engine, which acts on them; whoever writes a provider finds them here.
"""

from __future__ import annotations

from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear

__all__ = ["Absent", "Accepted", "Failed", "Rejected", "Succeeded", "Unclear"]
