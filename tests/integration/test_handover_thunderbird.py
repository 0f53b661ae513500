"""A draft as a file opens in a real mail program as a message that is ready to be sent."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest
from xrm_smtp.handover.driver import OutlookMail
from xrm_smtp.handover.settings import HandoverSettings

from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.mail_vendor import PICTURE, QUOTE, outgoing_mail

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
}

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}: large, and not installed for tests"
)


@contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


async def test_thunderbird_shows_the_file_of_a_draft_as_a_message_to_be_sent(tmp_path):
    mail = outgoing_mail(
        subject="Devis d'été", html='<p>Été</p><img src="cid:signature">', attachments=(PICTURE, QUOTE)
    )
    async with driver_context() as context, open_driver(OutlookMail, HandoverSettings().load({}), context) as driver:
        (result,) = await driver.send([mail])
    file = tmp_path / "draft.eml"
    file.write_bytes(result.draft.content)
    profile = tmp_path / "profile"
    profile.mkdir()
    lines = (f'user_pref("{name}", {value});\n' for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines))

    with running("Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24") as screen:
        display = f":{screen.stdout.readline().decode().strip()}"
        surroundings = {"DISPLAY": display, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        command = ("thunderbird", "--no-remote", "-profile", str(profile), str(file))
        with running(*command, env=surroundings):
            assert title_appears("Write: Devis d'été", surroundings)


def title_appears(title, surroundings):
    """Whether a window gets this title within two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        shown = subprocess.run(
            ["xdotool", "search", "--name", title], env=surroundings, capture_output=True, check=False
        )
        if shown.stdout.strip():
            return True
        time.sleep(0.2)
    return False
