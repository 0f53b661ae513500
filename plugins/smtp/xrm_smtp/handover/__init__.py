"""Hand a mail over to the person's own mail software (Outlook, Mail, Entourage) instead of sending it."""
