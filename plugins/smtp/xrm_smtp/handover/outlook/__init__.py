"""What people read about Outlook."""
