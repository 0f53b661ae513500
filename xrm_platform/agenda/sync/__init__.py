"""Keeps an agenda equal with calendars elsewhere: links, the pure plan, pull and push."""
