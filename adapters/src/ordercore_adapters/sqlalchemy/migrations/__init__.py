"""The steps that bring a database to the shape this release needs; `migrate` runs them."""
