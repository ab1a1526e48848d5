"""Many processes at once for a while: what must hold under load, and nothing about speed."""
