"""How many recipients an account may write to in an hour and in a day, and how many it has written to."""
