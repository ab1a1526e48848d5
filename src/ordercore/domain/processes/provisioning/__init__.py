"""Provisioning orders, placement to delivery and the way back."""
