"""Drafts in mailboxes as other servers than Dovecot have them."""

from __future__ import annotations

import pytest
from servers.scripted_mailbox import ScriptedMailbox
from xrm_smtp.handover.driver import OutlookMail
from xrm_smtp.handover.settings import HandoverSettings

from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.handover_contract import drafted
from xrm_platform.testing.mail_vendor import outgoing_mail


class Server:
    """An IMAP server with the folders of a listing, that takes a draft only into one of `there`."""

    def __init__(self, listing: list[str], there: set[str]) -> None:
        self._listing = listing
        self.there = there
        self.made: list[str] = []
        self._tag = self._folder = ""
        self._left = 0

    def __call__(self, line: str) -> bytes:
        if self._left > 0:
            self._left -= len(line.encode()) + 2
            return b"" if self._left > 0 else self._appended()
        tag, _, command = line.partition(" ")
        word, _, rest = command.partition(" ")
        said = ""
        match word:
            case "":  # the end of the line that a literal is in
                return b""
            case "CAPABILITY":
                said = "* CAPABILITY IMAP4rev1\r\n"
            case "LIST":
                said = "".join(f"* LIST {one}\r\n" for one in self._listing)
            case "CREATE":
                self.made.append(rest.strip('"'))
                self.there.add(rest.strip('"'))
            case "APPEND":
                self._tag, self._folder = tag, rest.split('"')[1]
                self._left = int(rest.rpartition("{")[2].rstrip("}"))
                return b"+ go on\r\n"
            case "EXAMINE" if rest.strip('"') not in self.there:
                return f"{tag} NO no such folder\r\n".encode()
            case "UID":
                said = "* SEARCH\r\n"
        return f"{said}{tag} OK done\r\n".encode()

    def _appended(self) -> bytes:
        answer = "OK done" if self._folder in self.there else "NO [TRYCREATE] no such folder"
        return f"{self._tag} {answer}\r\n".encode()


@pytest.mark.parametrize(
    ("listing", "there", "folder", "made"),
    [
        ([r'(\Drafts) "/" Entw&APw-rfe'], {"Entw&APw-rfe"}, "Entwürfe", []),
        ([r'(\NonExistent \Drafts) "/" Entw&APw-rfe'], set(), "Entwürfe", ["Entw&APw-rfe"]),
        ([r'() "." INBOX', r'() "." INBOX.Brouillons'], {"INBOX.Brouillons"}, "INBOX.Brouillons", []),
        ([r'() "." INBOX'], set(), "Drafts", ["Drafts"]),
    ],
)
async def test_a_draft_gets_into_the_folder_that_the_server_means_for_it(listing, there, folder, made):
    server = Server(listing, there)
    async with ScriptedMailbox(b"* OK ready\r\n", server) as mailbox, driver_context() as context:
        settings = HandoverSettings().load(
            {
                "receive": "imap",
                "receive_host": "127.0.0.1",
                "receive_port": mailbox.port,
                "receive_security": "none",
                "receive_username": "com",
                "receive_password": "secret",
            }
        )
        async with open_driver(OutlookMail, settings, context) as driver:
            draft = await drafted(driver, outgoing_mail())

    assert (draft.rung, draft.params, draft.refused) == ("mailbox", {"folder": folder}, None)
    assert server.made == made
