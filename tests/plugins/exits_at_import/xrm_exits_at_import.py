"""Broken on purpose: a script rather than a module."""

import sys

sys.exit("this plugin must be run by its installer")
