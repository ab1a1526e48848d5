"""Interpreters that know no business word: they read tables which the domain writes."""
