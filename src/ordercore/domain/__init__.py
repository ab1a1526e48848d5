"""What the business decides: tables and rules, one package per subdomain, tiers between them.

A tier knows only the tiers before it: catalog, pricing, (validation, payments), orders, delivery,
processes. Members of one tier do not know each other. Nothing here reads a clock, draws a number
or touches a wire; facts come in as values and decisions go out as values.
"""

from __future__ import annotations
