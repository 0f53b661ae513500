"""Mail services whose settings are known, so that nobody looks up servers and ports. Pure, and light enough to be
imported at every start.

Servers, ports and names from Thunderbird's ISPDB (github.com/thunderbird/autoconfig, March 2026); those of IONOS,
Infomaniak, Bouygues and the relays from the services' pages and the lists of other programs. Where it is not known
whether a service offers POP, none is offered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xrm_platform.providers import AddressPart, Alternative, Preset, SettingValue

TLS = "tls"
STARTTLS = "starttls"

_PORTS = {TLS: 465, STARTTLS: 587}


def _sending(host: str, security: str) -> Mapping[str, SettingValue]:
    return {"host": host, "security": security, "port": _PORTS[security]}


def _imap(host: str) -> Mapping[str, SettingValue]:
    return {"receive": "imap", "receive_host": host, "receive_security": TLS, "receive_port": 993}


_NOT_READ = Alternative("receive", "none", {"receive_host": None, "receive_security": None, "receive_port": None})


def _service(
    name: str,
    label: str,
    *domains: str,
    smtp: str,
    imap: str,
    pop: str | None,
    security: str = TLS,
    user: AddressPart = AddressPart.WHOLE,
    mail_hosts: tuple[str, ...] = (),
    hints: tuple[str, ...] = (),
    settings: Mapping[str, SettingValue] | None = None,
) -> Preset:
    by_pop = Alternative("receive", "pop", {"receive_host": pop, "receive_port": 995 if pop else None})
    return Preset(
        name=name,
        label=label,
        settings={**_sending(smtp, security), **_imap(imap), **(settings or {})},
        domains=domains,
        mail_hosts=mail_hosts,
        from_address={"username": user},
        alternatives=(by_pop, _NOT_READ),
        hints=hints,
    )


def _relay(name: str, label: str, host: str) -> Preset:
    """It only sends, and its user name is no mail address."""
    return Preset(name, label, _sending(host, STARTTLS), hints=("relay_key",))


LOCAL = AddressPart.LOCAL

PRESETS: tuple[Preset, ...] = (
    _service(
        "orange",
        "Orange",
        "orange.fr",
        "wanadoo.fr",
        smtp="smtp.orange.fr",
        imap="imap.orange.fr",
        pop="pop.orange.fr",
        hints=("own_password", "allow_programs"),
    ),
    _service(
        "free",
        "Free",
        "free.fr",
        smtp="smtp.free.fr",
        imap="imap.free.fr",
        pop="pop.free.fr",
        user=LOCAL,
        hints=("own_password", "local_part", "free_authenticated"),
    ),
    _service(
        "sfr",
        "SFR",
        "sfr.fr",
        "neuf.fr",
        "club-internet.fr",
        smtp="smtp.sfr.fr",
        imap="imap.sfr.fr",
        pop="pop.sfr.fr",
        hints=("own_password", "allow_programs"),
    ),
    _service(
        "bouygues",
        "Bouygues Telecom",
        "bbox.fr",
        smtp="smtp.bbox.fr",
        imap="imap.bbox.fr",
        pop=None,
        hints=("own_password", "allow_programs"),
    ),
    _service(
        "laposte",
        "La Poste",
        "laposte.net",
        smtp="smtp.laposte.net",
        imap="imap.laposte.net",
        pop="pop.laposte.net",
        user=LOCAL,
        hints=("own_password", "local_part", "allow_programs"),
    ),
    _service(
        "ovh",
        "OVHcloud",
        smtp="ssl0.ovh.net",
        imap="ssl0.ovh.net",
        pop="ssl0.ovh.net",
        mail_hosts=(".mail.ovh.net",),
        hints=("mailbox_password", "own_domain"),
    ),
    _service(
        "gandi",
        "Gandi",
        smtp="mail.gandi.net",
        imap="mail.gandi.net",
        pop="mail.gandi.net",
        mail_hosts=(".mail.gandi.net",),
        hints=("mailbox_password", "own_domain"),
    ),
    _service(
        "ionos",
        "IONOS",
        smtp="smtp.ionos.fr",
        imap="imap.ionos.fr",
        pop="pop.ionos.fr",
        mail_hosts=(".ionos.fr", ".ionos.com", ".kundenserver.de"),
        hints=("mailbox_password", "own_domain"),
    ),
    _service(
        "infomaniak",
        "Infomaniak",
        "ik.me",
        "ikmail.com",
        smtp="mail.infomaniak.com",
        imap="mail.infomaniak.com",
        pop="mail.infomaniak.com",
        security=STARTTLS,
        mail_hosts=(".infomaniak.ch", ".infomaniak.com"),
        hints=("mailbox_password", "own_domain"),
    ),
    _service(
        "gmail",
        "Gmail, Google Workspace",
        "gmail.com",
        "googlemail.com",
        smtp="smtp.gmail.com",
        imap="imap.gmail.com",
        pop="pop.gmail.com",
        mail_hosts=(".google.com", ".googlemail.com"),
        hints=("google_app_password", "google_consent", "google_pop"),
    ),
    _service(
        "microsoft365",
        "Microsoft 365",
        ".onmicrosoft.com",
        smtp="smtp.office365.com",
        imap="outlook.office365.com",
        pop="outlook.office365.com",
        security=STARTTLS,
        settings={"sign_in": "microsoft"},
        mail_hosts=(".mail.protection.outlook.com", ".mx.microsoft"),
        hints=("microsoft_consent", "microsoft_smtp"),
    ),
    _service(
        "outlook",
        "Outlook.com, Hotmail",
        "outlook.fr",
        "outlook.com",
        "hotmail.fr",
        "hotmail.com",
        "live.fr",
        "live.com",
        "msn.com",
        smtp="smtp-mail.outlook.com",
        imap="outlook.office365.com",
        pop="outlook.office365.com",
        security=STARTTLS,
        settings={"sign_in": "microsoft"},
        hints=("microsoft_consent", "outlook_pop"),
    ),
    _service(
        "icloud",
        "iCloud",
        "icloud.com",
        "me.com",
        "mac.com",
        smtp="smtp.mail.me.com",
        imap="imap.mail.me.com",
        pop=None,
        security=STARTTLS,
        mail_hosts=(".mail.icloud.com",),
        hints=("apple_app_password", "without_pop"),
    ),
    _service(
        "yahoo",
        "Yahoo",
        "yahoo.fr",
        "yahoo.com",
        "ymail.com",
        smtp="smtp.mail.yahoo.com",
        imap="imap.mail.yahoo.com",
        pop="pop.mail.yahoo.com",
        hints=("yahoo_app_password",),
    ),
    _service(
        "gmx",
        "GMX",
        "gmx.fr",
        "gmx.com",
        smtp="mail.gmx.com",
        imap="imap.gmx.com",
        pop="pop.gmx.com",
        hints=("own_password", "gmx_access"),
    ),
    _relay("brevo", "Brevo", "smtp-relay.brevo.com"),
    _relay("mailjet", "Mailjet", "in-v3.mailjet.com"),
)
"""In the order in which a French company is likely to look for its own."""

_ABOUT_SENDING = frozenset({"free_authenticated", "microsoft_smtp"})


def _mailbox(preset: Preset) -> Preset:
    """What of a preset is about the mailbox."""
    return replace(
        preset,
        settings={name: value for name, value in preset.settings.items() if _is_of_mailbox(name)},
        from_address={"receive_username": preset.from_address["username"]},
        hints=tuple(hint for hint in preset.hints if hint not in _ABOUT_SENDING),
    )


def _is_of_mailbox(setting: str) -> bool:
    return setting == "sign_in" or setting.startswith("receive")


MAILBOX_PRESETS: tuple[Preset, ...] = tuple(_mailbox(preset) for preset in PRESETS if "receive" in preset.settings)
"""For accounts of the person's own mail software, which have a mailbox and no server for sending."""
