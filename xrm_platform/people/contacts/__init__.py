"""The small address book of each base: people and companies that it writes to, and what they agreed to."""
