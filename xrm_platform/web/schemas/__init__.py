"""What goes in (checked, unknown fields refused) and what comes out (drawn from the rooms' views)."""
