"""Broken on purpose: a dependency is not there."""

raise RuntimeError("the licence of the vendor's library has expired")
