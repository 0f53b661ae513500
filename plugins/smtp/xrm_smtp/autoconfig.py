"""What a mail domain publishes about its own accounts, in the form that Thunderbird reads
(https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/config-file-format.html). Pure.

Only what is encrypted is taken, and only servers with public names. A domain can still name any server of its own
choice: a person sees the answer, and whose it is, before a password goes there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xrm_platform.providers import AddressPart, Preset, SettingValue

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SECURITY = {"SSL": "tls", "STARTTLS": "starttls"}
_USER = {"%EMAILADDRESS%": AddressPart.WHOLE, "%EMAILLOCALPART%": AddressPart.LOCAL}
_NAME = re.compile(r"(?=.{4,253}$)[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_PRIVATE = (".local", ".localhost", ".localdomain", ".internal", ".lan", ".home", ".corp", ".arpa", ".onion")
_PASSWORD = {"password-cleartext", "plain", ""}
LABEL_LENGTH = 80


class Autoconfig:
    """A `Discovery` of the contract."""

    def places(self, domain: str) -> Sequence[str]:
        """The domain's own two places, then the collection that Thunderbird's makers keep. None for a domain that
        cannot be public."""
        if not is_public_name(domain):
            return ()
        return (
            f"https://autoconfig.{domain}/mail/config-v1.1.xml",
            f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
            f"https://autoconfig.thunderbird.net/v1.1/{domain}",
        )

    def read(self, content: bytes, address: str) -> Preset | None:
        """The first encrypted server for sending that takes a password, and such a mailbox, IMAP before POP."""
        provider = _provider(content)
        if provider is None:
            return None
        sending = next(filter(None, map(_server, provider.findall("outgoingServer"))), None)
        if sending is None:
            return None
        mailboxes = sorted(
            (one for one in provider.findall("incomingServer") if one.get("type") in {"imap", "pop3"}),
            key=lambda one: one.get("type") != "imap",
        )
        host, port, security, user = sending
        settings: dict[str, SettingValue] = {"host": host, "port": port, "security": security}
        found = next(((one, server) for one in mailboxes if (server := _server(one)) is not None), None)
        if found is not None:
            element, (mailbox, mailbox_port, mailbox_security, mailbox_user) = found
            if mailbox_user is user:
                settings |= {
                    "receive": "imap" if element.get("type") == "imap" else "pop",
                    "receive_host": mailbox,
                    "receive_port": mailbox_port,
                    "receive_security": mailbox_security,
                }
        domain = address.rpartition("@")[2].lower()
        return Preset(
            name=domain,
            label=_label(provider) or domain,
            settings=settings,
            domains=(domain,),
            from_address={"username": user},
            hints=("found",),
        )


def is_public_name(host: str) -> bool:
    """Whether `host` can be a name in the public DNS: no address, no name of a private network."""
    name = host.lower().rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _NAME.fullmatch(name) is not None and not name.endswith(_PRIVATE)
    return False


def _provider(content: bytes) -> Element | None:
    from defusedxml import DefusedXmlException  # noqa: PLC0415  this module is imported at every start
    from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415

    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return root.find("emailProvider")


def _server(element: Element) -> tuple[str, int, str, AddressPart] | None:
    """Host, port, security, user name; None for one that cannot be used as it is."""
    said: Mapping[str, str] = {child.tag: (child.text or "").strip() for child in element}
    methods = {(child.text or "").strip() for child in element.findall("authentication")}
    security, user = _SECURITY.get(said.get("socketType", "")), _USER.get(said.get("username", ""))
    host, port = said.get("hostname", "").lower(), said.get("port", "")
    if security is None or user is None or not methods & _PASSWORD or not is_public_name(host):
        return None
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        return None
    return host, int(port), security, user


def _label(provider: Element) -> str:
    text = " ".join((provider.findtext("displayName") or "").split())
    return text[:LABEL_LENGTH] if text.isprintable() else ""
