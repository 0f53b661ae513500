"""`xrm invitations`, run for real."""

from __future__ import annotations

ANNA = "anna@client.example"


def test_an_invitation_that_could_not_go_says_why_and_goes_again(xrm, smtp, request):
    added = xrm(
        *("agenda", "add", "--base", "ACME", "--owner", "COM", "--summary", "Visite", "--start", "2099-03-02T09:00"),
        *("--participant", f"Anna <{ANNA}>", "--json"),
    )
    event = added.json["id"]
    assert xrm("worker", "--until-idle").code == 0
    shown = xrm("invitations", "show", event, "--base", "ACME")
    assert "could not be sent" in shown.out
    assert "There is no account to send by" in " ".join(shown.out.split())

    request.getfixturevalue("mail_account")
    again = xrm("invitations", "send-again", event, "--base", "ACME")
    assert (again.code, again.err) == (0, "")
    assert "will be sent" in again.out
    assert xrm("worker", "--until-idle").code == 0

    assert [mail.recipients for mail in smtp.received] == [(ANNA,)]
    told = xrm("invitations", "show", event, "--base", "ACME", "--json").json
    assert [one["people"][0]["state"] for one in told["sent"]] == ["sent", "failed"]
    refused = xrm("invitations", "send-again", event, "--base", "ACME")
    assert refused.line.startswith("Error: There is nothing to send again")
    assert xrm("invitations", "send-again", event, "--base", "ACME", "--to", ANNA).code == 0


def test_inviting_is_switched_and_shown(xrm):
    assert xrm("invitations", "set", "--do-not-invite", "--base", "ACME", "--owner", "COM").code == 0
    assert xrm("invitations", "settings", "--base", "ACME", "--json").json == {
        "tell_owner": True,
        "invites": True,
        "not_inviting": ["COM"],
    }
    assert (
        xrm("invitations", "set", "--invite", "--base", "ACME", "--owner", "COM", "--json").json["not_inviting"] == []
    )
