"""A base whose agenda goes to real calendar servers by the real plugins."""

from __future__ import annotations

from typing import Any

from xrm_platform.app import Platform
from xrm_platform.people.actor import Actor
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor


async def people(xrm: Platform) -> Actor:
    """The base ACME with COM and her manager DIR."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    admin = await xrm.bases.operator("ACME", "operator:test")
    await xrm.collaborators.create(admin, "DIR", last_name="Roux", email="roux@acme.example")
    await xrm.collaborators.create(admin, "COM", last_name="Martin", email="com@acme.example", manager="DIR")
    return admin


async def google_account(xrm: Platform, admin: Actor, google: GoogleServer) -> str:
    """An account of Google's stand-in, with a consent that was given before."""
    await xrm.providers.enable(admin, "google_calendar")
    settings = GoogleVendor(google).settings()
    view = await xrm.accounts.add(admin, "google_calendar", "Google", settings, collaborator="COM")
    return view.id


async def dav_account(xrm: Platform, admin: Actor, name: str, settings: dict[str, Any]) -> str:
    await xrm.providers.enable(admin, "ical")
    return (await xrm.accounts.add(admin, "ical", name, settings, collaborator="COM")).id
