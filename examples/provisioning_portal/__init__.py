"""A reseller of infrastructure takes a file of orders through a cloud that often fails.

``python -m examples.provisioning_portal`` does all of it in a fresh folder ``demo`` and then
proves, in plain SQL over the order database and the providers' own books, that it adds up.
"""
