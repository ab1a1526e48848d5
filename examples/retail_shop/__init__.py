"""A shop on the web: log in, fill a basket, pay in any way, and follow the parcel.

``python -m examples.retail_shop`` starts it on this machine with a database file and simulated
providers; ``--once`` buys something in every way there is, without a browser, and prints what came
of it. What belongs to a shop and not to ordering (sessions, pages, mail) is in here; what
has to be right about orders, money and stock is ordercore's.
"""
