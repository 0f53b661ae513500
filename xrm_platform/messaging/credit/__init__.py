"""How many messages are left at a vendor, and who is told when there are few."""
