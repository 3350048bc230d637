"""Refreshes that are killed, run out of disk, or meet each other, while others read."""
