"""Mails that were handed over to the person's own mail software: kept, shown, and looked for until they are sent."""
