"""Hosts of ordercore, small enough to read in one sitting; each runs by ``python -m``."""
