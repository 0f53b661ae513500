"""iCalendar (RFC 5545) without loss: texts as lines, what they mean, and edits that touch what they are about only."""
