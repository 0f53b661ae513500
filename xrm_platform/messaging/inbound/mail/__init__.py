"""Mail that comes in: read with care, each once, joined to the contact, the thread and the message that it answers."""
