"""Broken on purpose: asserts something of its surroundings."""

assert False, "only works on Tuesdays"
