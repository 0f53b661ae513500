"""A draft as a file opens in a real mail program as a message to be sent, and arrives as it was handed over."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import time
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from PIL import Image
from servers.processes import free_ports
from xrm_smtp.handover.driver import OutlookMail
from xrm_smtp.handover.settings import HandoverSettings

from xrm_platform.providers import Address, Attachment, draft_id
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.mail_vendor import ANNA, BEN, CLEO, QUOTE, content, outgoing_mail

PROGRAMS = ("thunderbird", "Xvfb", "xdotool")
PREFERENCES = {
    "mail.provider.suppress_dialog_on_startup": "true",
    "mail.shell.checkDefaultClient": "false",
    "mailnews.start_page.enabled": "false",
    "app.update.enabled": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "mail.accountmanager.accounts": '"account1"',
    "mail.accountmanager.defaultaccount": '"account1"',
    "mail.account.account1.identities": '"id1"',
    "mail.account.account1.server": '"server1"',
    "mail.identity.id1.useremail": '"com@example.com"',
    "mail.identity.id1.valid": "true",
    "mail.server.server1.type": '"pop3"',
    "mail.server.server1.hostname": '"127.0.0.1"',
    "mail.server.server1.userName": '"com"',
    "mail.server.server1.check_new_mail": "false",
    "mail.server.server1.login_at_startup": "false",
    "mail.identity.id1.fcc": "false",
    "mail.identity.id1.smtpServer": '"smtp1"',
    "mail.smtpservers": '"smtp1"',
    "mail.smtp.defaultserver": '"smtp1"',
    "mail.smtpserver.smtp1.hostname": '"127.0.0.1"',
    "mail.smtpserver.smtp1.authMethod": "1",  # none
    "mail.smtpserver.smtp1.try_ssl": "0",
    "mail.warn_on_send_accel_key": "false",
}

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}: large, and not installed for tests"
)


class Arrivals:
    """What a server for sending took, for `aiosmtpd`."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"


@contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture
def server():
    arrivals = Arrivals()
    controller = Controller(arrivals, hostname="127.0.0.1", port=free_ports(1)[0])
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def small_picture():
    file = io.BytesIO()
    Image.new("RGB", (60, 20), "navy").save(file, "PNG")
    return Attachment("signature.png", "image/png", file.getvalue(), cid="signature@xrm")


async def drafted(mail, without_mailbox):
    settings = HandoverSettings().load({"without_mailbox": without_mailbox})
    async with driver_context() as context, open_driver(OutlookMail, settings, context) as driver:
        (result,) = await driver.send([mail])
    return result.draft


@pytest.fixture
def opened(tmp_path, server):
    """Open a file or a link in Thunderbird until the block ends; gives the surroundings in which it is shown."""

    @contextmanager
    def shown(what):
        profile = tmp_path / "profile"
        profile.mkdir()
        preferences = {**PREFERENCES, "mail.smtpserver.smtp1.port": str(server.port)}
        lines = (f'user_pref("{name}", {value});\n' for name, value in preferences.items())
        (profile / "user.js").write_text("".join(lines))
        with running("Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24") as screen:
            display = f":{screen.stdout.readline().decode().strip()}"
            surroundings = {"DISPLAY": display, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
            command = ("thunderbird", "--no-remote", "-profile", str(profile), str(what))
            with running(*command, env=surroundings):
                yield surroundings

    return shown


async def test_thunderbird_opens_the_file_of_a_draft_and_sends_all_that_is_in_it(opened, server, tmp_path):
    picture = small_picture()
    mail = outgoing_mail(
        to=(Address(ANNA, "Élodie Müller"),),
        cc=(Address(BEN, "Société Générale des Œuvres & Cie"),),
        bcc=(Address(CLEO),),
        subject="Devis d'été",
        html=f'<p>Été <b>indien</b></p><img src="cid:{picture.cid}" width="60" height="20">',
        attachments=(picture, QUOTE),
    )
    file = tmp_path / "draft.eml"
    file.write_bytes((await drafted(mail, "file")).content)
    with opened(file) as surroundings:
        window = await asyncio.to_thread(window_titled, "Write: Devis d'été", surroundings)
        await asyncio.to_thread(press_until, ["ctrl+Return"], window, surroundings, lambda: server.handler.taken)

    ((recipients, message),) = server.handler.taken
    assert sorted(recipients) == sorted([ANNA, BEN, CLEO])
    assert [str(one) for one in message["To"].addresses] == [f"Élodie Müller <{ANNA}>"]
    assert [one.display_name for one in message["Cc"].addresses] == ["Société Générale des Œuvres & Cie"]
    assert "Bcc" not in message
    assert message["Subject"] == mail.subject
    assert "<b>indien</b>" in content(message, "text/html")
    files = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    assert {name: part.get_content() for name, part in files.items()} == {
        picture.filename: picture.content,
        QUOTE.filename: QUOTE.content,
    }
    assert f"cid:{files[picture.filename]['Content-ID'].strip('<>')}" in content(message, "text/html")
    # Thunderbird writes another Message-ID, and drops what it does not know.
    assert draft_id(mail.message_id) in message["References"].split()


async def test_thunderbird_opens_a_link_and_sends_what_it_carries(opened, server):
    mail = outgoing_mail(bcc=(Address(CLEO),), subject="Devis d'été & plus", text="Bonjour,\n\nÀ bientôt\n")
    with opened((await drafted(mail, "link")).uri) as surroundings:
        window = await asyncio.to_thread(window_titled, "Write: Devis d'été", surroundings)
        await asyncio.to_thread(press_until, ["ctrl+Return"], window, surroundings, lambda: server.handler.taken)

    ((recipients, message),) = server.handler.taken
    assert sorted(recipients) == sorted([ANNA, CLEO])
    assert (message["Subject"], content(message, "text/plain").strip()) == (mail.subject, mail.text.strip())
    assert message["References"] == draft_id(mail.message_id)


def window_titled(title, surroundings):
    """The number of a window that gets this title within two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        shown = xdotool("search", "--name", title, surroundings=surroundings)
        if shown:
            return shown.split()[0]
        time.sleep(0.2)
    raise AssertionError(f"no window is called {title}")


def press_until(keys, window, surroundings, done):
    """Press keys in the window, again while it may not have been ready for them, until `done`, for two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        xdotool("windowfocus", window, surroundings=surroundings)
        xdotool("key", *keys, surroundings=surroundings)
        again = time.monotonic() + 5
        while time.monotonic() < again:
            if done():
                return
            time.sleep(0.1)
    raise AssertionError(f"nothing came of {keys}")


def xdotool(*arguments, surroundings):
    asked = subprocess.run(["xdotool", *arguments], env=surroundings, capture_output=True, check=False, text=True)
    return asked.stdout.strip()
