"""An adapter as an outsider would write it, sound or with one mistake, and what is said of it."""
