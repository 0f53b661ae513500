"""What people read about Mail, by Apple."""
