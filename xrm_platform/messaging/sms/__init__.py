"""The rules of SMS: what a text costs, which numbers can be reached."""
