"""A Dovecot of a test's own: IMAP and POP3 for people, LMTP and passwords for Postfix."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import free_ports, program, running

CONFIG = """
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login xoauth2
# Nobody guesses passwords here: a wrong one costs no time, neither itself nor those after it.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/tokens
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwords
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
mail_location = maildir:~/Maildir
# Of who waits, it looks again this often where the system has no watch on folders left for it (inotify).
mailbox_idle_check_interval = 2 secs
namespace inbox {{
  inbox = yes
  mailbox Brouillons {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox "Éléments envoyés" {{
    auto = subscribe
    special_use = \\Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    user = postfix
    mode = 0600
  }}
}}
service auth {{
  unix_listener passwords {{
    user = postfix
    mode = 0600
  }}
}}
"""

TOKENS = """
tokeninfo_url = http://127.0.0.1:{tokens}/tokeninfo?access_token=
username_attribute = email
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Ports for people (`imap` and `pop3` with STARTTLS), sockets for Postfix. On the port `tokens` it asks whose an
    access token is, if somebody listens there (`MailSignIn`)."""

    imap: int
    imaps: int
    pop3: int
    pop3s: int
    tokens: int
    lmtp: Path
    auth: Path


@contextmanager
def dovecot(folder: Path, certificate: Path, passwords: Mapping[str, str]) -> Iterator[Dovecot]:
    """Runs in `folder` (new, readable by all) with a mailbox for each address of `passwords`. The server's key lies
    beside `certificate`."""
    *listening, tokens = free_ports(5)
    ports = dict(zip(("imap", "imaps", "pop3", "pop3s"), listening, strict=True))
    mail = folder / "mail"
    mail.mkdir(parents=True)
    shutil.chown(mail, "nobody", "nogroup")
    lines = (f"{address}:{password}::::::\n" for address, password in passwords.items())
    (folder / "passwords").write_text("".join(lines), encoding="utf-8")
    (folder / "tokens").write_text(TOKENS.format(tokens=tokens))
    config = folder / "dovecot.conf"
    key = certificate.with_name("key.pem")
    config.write_text(CONFIG.format(folder=folder, certificate=certificate, key=key, **ports), encoding="utf-8")
    command = [str(program("dovecot")), "-F", "-c", str(config)]
    with running(command, list(ports.values()), folder / "dovecot.log"):
        yield Dovecot(**ports, tokens=tokens, lmtp=folder / "run" / "lmtp", auth=folder / "run" / "passwords")
