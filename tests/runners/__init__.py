"""The same sagas on the embedded runner and on Temporal: a shop, and processes that run them."""
