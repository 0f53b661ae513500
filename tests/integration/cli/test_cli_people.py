"""`xrm collaborators`, `users`, `tokens` and `audit`."""

from __future__ import annotations

import io

import pytest
from PIL import Image


def test_a_collaborator_is_created_shown_and_listed(xrm):
    created = xrm(
        *("collaborators", "create", "caisse", "--base", "ACME", "--last-name", "Caron", "--first-name", "Zoé"),
        *("--type", "cashier", "--email", "zoe@acme.example", "--mobile", "0623456789", "--manager", "DIR", "--json"),
    )

    assert created.code == 0
    assert created.json["code"] == "CAISSE"
    assert created.json["mobile"] == "+33623456789"
    assert xrm("collaborators", "show", "CAISSE", "--base", "ACME", "--json").json == created.json
    listed = xrm("collaborators", "list", "--base", "ACME", "--json").items
    assert [item["code"] for item in listed] == ["CAISSE", "COM", "DIR"]


def test_what_is_not_given_stays_and_an_empty_value_removes(xrm):
    changed = xrm("collaborators", "set", "COM", "--base", "ACME", "--mobile", "", "--signature-text", "Com", "--json")

    assert (changed.json["mobile"], changed.json["signature_text"]) == (None, "Com")
    assert changed.json["email"] == "com@acme.example"
    assert changed.json["manager"] == "DIR"


def test_a_signature_image_is_given_and_removed(xrm, tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    (tmp_path / "sign.png").write_bytes(picture.getvalue())
    given = xrm("collaborators", "set", "COM", "--base", "ACME", "--signature-image", tmp_path / "sign.png", "--json")
    removed = xrm("collaborators", "set", "COM", "--base", "ACME", "--no-signature-image", "--json")

    assert given.json["has_signature_image"] is True
    assert removed.json["has_signature_image"] is False


def test_a_collaborator_with_a_bad_image_is_not_created(xrm, tmp_path):
    (tmp_path / "sign.png").write_text("no image")
    refused = xrm(
        *("collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New"),
        *("--signature-image", tmp_path / "sign.png"),
    )

    assert "--signature-image" in refused.line
    assert xrm("collaborators", "show", "NEW", "--base", "ACME").code == 1


def test_with_a_bad_image_nothing_of_a_collaborator_is_changed(xrm, tmp_path):
    (tmp_path / "sign.png").write_text("no image")
    refused = xrm(
        *("collaborators", "set", "COM", "--base", "ACME", "--last-name", "Changed"),
        *("--signature-image", tmp_path / "sign.png"),
    )

    assert "--signature-image" in refused.line
    assert xrm("collaborators", "show", "COM", "--base", "ACME", "--json").json["last_name"] != "Changed"


def test_a_loop_of_managers_is_refused_with_the_chain(xrm):
    assert "DIR → COM → DIR" in xrm("collaborators", "set", "DIR", "--base", "ACME", "--manager", "COM").line


@pytest.mark.parametrize(
    "arguments",
    [
        ["collaborators", "list", "--base", "NOPE"],
        ["collaborators", "show", "NOPE", "--base", "ACME"],
        ["collaborators", "show", "COM", "--base", "OTHER"],
        ["collaborators", "set", "COM", "--base", "ACME", "--manager", "NOPE"],
        ["collaborators", "set", "COM", "--base", "ACME", "--type", "nope"],
        ["collaborators", "create", "COM", "--base", "ACME", "--last-name", "Twice"],
        ["collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New", "--email", "a@b.fr\nBcc: c@d.fr"],
        ["collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New", "--mobile", "12"],
        ["collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New", "--signature-image", "nope.png"],
        ["users", "set", "nobody", "--base", "ACME", "--xrm"],
        ["users", "set", "marie", "--base", "ACME", "--no-admin"],
        ["users", "set", "marie", "--base", "ACME", "--inactive"],
        ["users", "set", "paul", "--base", "ACME", "--admin"],
        ["users", "create", "com", "--base", "ACME", "--collaborator", "NOPE"],
        ["tokens", "create", "erp", "--base", "ACME", "--scope", "frob"],
        ["tokens", "create", "erp", "--base", "ACME", "--scope", "send", "--expires", "2020-01-01T00:00"],
        ["tokens", "revoke", "nope", "--base", "ACME"],
    ],
)
def test_what_is_refused_is_said_in_one_line(xrm, arguments):
    assert xrm(*arguments).line.startswith("Error: ")


def test_several_faults_are_a_line_each(xrm):
    refused = xrm(
        "collaborators", "create", "NEW", "--base", "ACME", "--last-name", "", "--email", "x", "--mobile", "1"
    )

    assert refused.code == 1
    assert [line.split(":")[1].strip() for line in refused.err.splitlines()] == ["--last-name", "--email", "--mobile"]


def test_refusals_are_said_in_french_unless_told_otherwise(xrm, monkeypatch):
    monkeypatch.delenv("XRM_LANGUAGE")

    assert xrm("collaborators", "list", "--base", "NOPE").line.startswith("Erreur\u00a0: Il n’y a pas de base NOPE")


def test_the_list_of_types_can_be_extended(xrm):
    listed = xrm("collaborators", "types", "--base", "ACME", "--add", "technician=Technicien", "--json").items

    assert {"code": "technician", "label": "Technicien"} in listed
    assert {"code": "manager", "label": "Responsable"} in listed


def test_a_user_is_created_and_changed(xrm):
    created = xrm(
        *(
            "users",
            "create",
            "com",
            "--base",
            "ACME",
            "--xrm",
            "--collaborator",
            "COM",
            "--password-file",
            "-",
            "--json",
        ),
        stdin="a good password\n",
    )
    changed = xrm("users", "set", "com", "--base", "ACME", "--no-xrm", "--collaborator", "", "--json")

    assert (created.json["login"], created.json["xrm_allowed"], created.json["collaborator"]) == ("com", True, "COM")
    assert (changed.json["xrm_allowed"], changed.json["collaborator"]) == (False, None)
    assert [item["login"] for item in xrm("users", "list", "--base", "ACME", "--json").items] == ["com", "marie"]


def test_passwords_and_tokens_never_come_back(xrm):
    xrm("users", "create", "com", "--base", "ACME", "--password-file", "-", stdin="a good password\n")
    token = xrm("tokens", "create", "erp", "--base", "ACME", "--scope", "send", "--json").json
    shown = "".join(
        xrm(*arguments, "--base", "ACME", "--json").out
        for arguments in (("users", "list"), ("tokens", "list"), ("audit", "list"))
    )

    assert "good password" not in shown
    assert token["token"] not in shown
    assert token["token"].rpartition("_")[2] not in shown


def test_a_token_is_revoked(xrm):
    token = xrm(
        *("tokens", "create", "erp", "--base", "ACME", "--scope", "read", "--scope", "send"),
        *("--expires", "2099-07-01T09:00", "--json"),
    ).json

    assert token["scopes"] == ["read", "send"]
    assert token["expires_at"] == "2099-07-01T07:00:00+00:00"
    assert xrm("tokens", "revoke", token["id"], "--base", "OTHER").code == 1
    assert xrm("tokens", "revoke", token["id"], "--base", "ACME", "--json").json["revoked_at"] is not None


def test_the_audit_names_the_operator_and_stays_in_its_base(xrm):
    xrm("collaborators", "set", "COM", "--base", "ACME", "--first-name", "Camille")
    entry = xrm("audit", "list", "--base", "ACME", "--limit", "1", "--json").items[0]
    others = xrm("audit", "list", "--base", "OTHER", "--json").items

    assert entry["actor"].startswith("operator:")
    assert (entry["action"], entry["subject_id"]) == ("collaborator.changed", "COM")
    assert entry["changes"] == {"first_name": ["", "Camille"]}
    assert "COM" not in {other["subject_id"] for other in others}


def test_a_listing_is_read_in_pages(xrm):
    first = xrm("collaborators", "list", "--base", "ACME", "--limit", "1", "--json").json
    second = xrm("collaborators", "list", "--base", "ACME", "--limit", "1", "--after", first["next"], "--json").json

    assert [item["code"] for item in first["items"] + second["items"]] == ["COM", "DIR"]
    assert "next" not in second


def test_a_listing_for_people_has_columns_and_no_frames(xrm):
    lines = xrm("collaborators", "list", "--base", "ACME").out.splitlines()

    assert lines[0].split()[0] == "Code"
    assert [line.split()[0] for line in lines[1:]] == ["COM", "DIR"]
