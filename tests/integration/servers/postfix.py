"""A Postfix of a test's own: submission with passwords, delivery to Dovecot, and never a word to the outside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .dovecot import Dovecot
from .processes import free_ports, program, running

MESSAGE_SIZE_LIMIT = 1_000_000

UNKNOWN = "gone.example"
"""A domain without any mailbox, as the server for it says (Dovecot) when this one has taken the mail already."""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.{domain}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = error:this server delivers nothing outside
relay_transport = $default_transport
local_transport = $default_transport
transport_maps = texthash:{folder}/transports
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = texthash:{folder}/owners
virtual_transport = lmtp:unix:{dovecot.lmtp}
message_size_limit = {limit}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot.auth}
smtpd_sender_login_maps = texthash:{folder}/owners
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""

MASTER = """
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Ports for people: `submission` with STARTTLS, `smtps` with TLS from the first byte. Both want a password."""

    submission: int
    smtps: int


@contextmanager
def postfix(
    folder: Path, certificate: Path, domain: str, addresses: Sequence[str], dovecot: Dovecot
) -> Iterator[Postfix]:
    """Runs in `folder` (new, readable by all); each of `addresses` in `domain` may send as itself only. The server's
    key lies beside `certificate`."""
    ports = dict(zip(("submission", "smtps"), free_ports(2), strict=True))
    config = folder / "config"
    for each in (config, folder / "queue", folder / "data"):
        each.mkdir(parents=True)
    shutil.chown(folder / "data", "postfix", "postfix")
    (folder / "owners").write_text("".join(f"{address} {address}\n" for address in addresses))
    (folder / "transports").write_text(f"{UNKNOWN} lmtp:unix:{dovecot.lmtp}\n")
    main = MAIN.format(
        folder=folder,
        certificate=certificate,
        key=certificate.with_name("key.pem"),
        domain=domain,
        dovecot=dovecot,
        limit=MESSAGE_SIZE_LIMIT,
    )
    (config / "main.cf").write_text(main)
    (config / "master.cf").write_text(MASTER.format(**ports))
    command = [str(program("postfix")), "-c", str(config)]
    stop = [*command, "stop"]
    with running([*command, "start-fg"], list(ports.values()), folder / "postfix.log", stop=stop):
        yield Postfix(**ports)
