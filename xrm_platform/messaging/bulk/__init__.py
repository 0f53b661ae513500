"""One SMS text to many people, each with their own words in it."""
