"""What is refused is answered as a problem (RFC 9457), whatever was sent."""

from __future__ import annotations

import asyncio
import gzip
import io
import json

import pytest
import structlog
from sqlalchemy import text
from yarl import URL

from xrm_platform.web import serve

PROBLEM = {"type", "title", "status", "detail", "instance", "code", "params"}
PEOPLE = "/collaborators"
BOMB = gzip.compress(b" " * 30_000_000)


async def problem_of(response, status: int, code: str) -> dict:
    document = await response.json()
    assert (response.status, document["code"]) == (status, code), document
    assert response.content_type == "application/problem+json"
    assert set(document) >= PROBLEM
    assert document["status"] == status
    assert document["type"] == f"urn:xrm:problem:{code}"
    assert document["instance"] == f"urn:xrm:request:{response.headers['X-Request-ID']}"
    assert code not in document["detail"]
    assert response.headers["Cache-Control"] == "no-store"
    return document


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nowhere", "/api/v1/bases/ACME/collaborators/", "/static/../app.py"]
)
async def test_an_address_that_is_none_is_not_found(client, path) -> None:
    await problem_of(await client.get(path), 404, "no_such_address")


async def test_a_method_that_is_not_taken_is_told_which_are(as_token) -> None:
    response = await as_token("admin")("DELETE", PEOPLE)
    await problem_of(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"code": NaN}', b"[1"])
async def test_what_is_not_json_is_unreadable(as_token, body) -> None:
    response = await as_token("admin")("POST", PEOPLE, data=body, headers={"Content-Type": "application/json"})
    await problem_of(response, 400, "json_unreadable")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_another_kind_of_content_is_not_taken(as_token, kind) -> None:
    response = await as_token("admin")("POST", PEOPLE, data=b"{}", headers={"Content-Type": kind})
    await problem_of(response, 415, "content_type")


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
async def test_json_that_is_no_object_is_invalid(as_token, body) -> None:
    response = await as_token("admin")("POST", PEOPLE, json=body)
    await problem_of(response, 422, "invalid")


async def test_without_a_body_the_required_fields_are_named(as_token) -> None:
    document = await problem_of(await as_token("admin")("POST", PEOPLE), 422, "invalid")
    assert document["errors"] == {"code": ["Ce champ est obligatoire."], "last_name": ["Ce champ est obligatoire."]}


async def test_unknown_fields_and_parameters_are_refused(as_token) -> None:
    call = as_token("admin")
    body = await problem_of(
        await call("POST", PEOPLE, json={"code": "X", "last_name": "X", "admin": True}), 422, "invalid"
    )
    assert list(body["errors"]) == ["admin"]
    query = await problem_of(await call("GET", PEOPLE + "?limit=5&offset=2"), 422, "invalid")
    assert list(query["errors"]) == ["offset"]


@pytest.mark.parametrize("limit", ["0", "501", "x", "1.5", "99999999999999999999999"])
async def test_a_limit_that_is_none_is_refused(as_token, limit) -> None:
    document = await problem_of(await as_token("admin")("GET", f"{PEOPLE}?limit={limit}"), 422, "invalid")
    assert list(document["errors"]) == ["limit"]


async def test_faults_of_schemas_and_of_use_cases_look_alike(as_token) -> None:
    call = as_token("admin")
    by_schema = await problem_of(await call("POST", PEOPLE, json={"code": 5, "last_name": "X"}), 422, "invalid")
    by_rule = await problem_of(
        await call("POST", PEOPLE, json={"code": "É", "last_name": "X", "email": "x"}), 422, "invalid"
    )
    assert by_schema["errors"] == {"code": ["Ce n’est pas un texte valide."]}
    assert set(by_rule["errors"]) <= {"code", "email"}
    assert all(len(sentences) == 1 for sentences in by_rule["errors"].values())


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en-GB,en;q=0.9", "What was given is not right; see each field."),
        ("fr", "Des valeurs sont incorrectes\u00a0; voir chaque champ."),
        ("de", "Des valeurs sont incorrectes\u00a0; voir chaque champ."),
    ],
)
async def test_the_sentence_is_in_the_language_of_the_caller(as_token, language, detail) -> None:
    response = await as_token("admin")("POST", PEOPLE, json={}, headers={"Accept-Language": language})
    document = await problem_of(response, 422, "invalid")
    assert document["detail"] == detail
    assert response.headers["Content-Language"] == ("en" if language.startswith("en") else "fr")


async def test_deep_json_is_refused(as_token) -> None:
    body = b'{"settings": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    response = await as_token("admin")("POST", "/accounts", data=body, headers={"Content-Type": "application/json"})
    await problem_of(response, 400, "json_too_deep")


@pytest.mark.parametrize("given", ["a\0b", "\ud800", 2**64, -(2**70)])
async def test_what_no_database_takes_is_refused_with_its_field(as_token, given) -> None:
    response = await as_token("admin")(
        "POST",
        PEOPLE,
        data=json.dumps({"code": "X", "last_name": given}),
        headers={"Content-Type": "application/json"},
    )
    document = await problem_of(response, 422, "invalid")
    assert list(document["errors"]) == ["last_name"]


@pytest.mark.parametrize("query", ["after=%00", "after=%ED%A0%80", "after=" + "x" * 100, "after=%FF"])
async def test_a_strange_key_of_a_page_is_refused_or_finds_nothing(as_token, query) -> None:
    response = await as_token("admin")("GET", f"{PEOPLE}?{query}")
    assert response.status in (200, 422)


@pytest.mark.parametrize("code", ["%00", "COM%00", "%ED%A0%80", "%FF", "x" * 3000, "%2E%2E", "é", "a%0Ab"])
async def test_a_strange_name_in_the_address_is_not_found(as_token, code) -> None:
    for path in (f"{PEOPLE}/{code}", f"/users/{code}", f"/accounts/{code}", f"/messages/{code}"):
        assert (await as_token("admin")("GET", path)).status == 404, path


async def test_a_large_body_is_refused_before_it_is_read_whole(as_token, config) -> None:
    call = as_token("admin")
    headers = {"Content-Type": "application/json"}
    declared = await call("POST", PEOPLE, data=io.BytesIO(b" " * (1024 * 1024 + 1)), headers=headers)
    document = await problem_of(declared, 413, "body_too_large")
    assert document["params"] == {"limit": 1024 * 1024}
    unpacked = await call("POST", PEOPLE, data=BOMB, headers={**headers, "Content-Encoding": "gzip"}, compress=False)
    await problem_of(unpacked, 413, "body_too_large")


async def test_a_large_body_in_pieces_is_refused(as_token) -> None:
    async def pieces():
        for _ in range(40):
            yield b" " * 65_536

    response = await as_token("admin")("POST", PEOPLE, data=pieces(), headers={"Content-Type": "application/json"})
    await problem_of(response, 413, "body_too_large")


async def test_a_body_that_cannot_be_unpacked_is_unreadable(as_token) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = await as_token("admin")("POST", PEOPLE, data=b"not gzip at all", headers=headers, compress=False)
    assert response.status == 400
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "é"])
async def test_a_key_against_repetition_must_be_plain(as_token, key) -> None:
    mail = {"sender": "COM", "to": ["a@b.example"], "subject": "x", "text": "x"}
    response = await as_token("send")("POST", "/mails", json=mail, headers={"Idempotency-Key": key})
    document = await problem_of(response, 422, "invalid")
    assert list(document["errors"]) == ["Idempotency-Key"]


async def test_a_fault_of_ours_is_logged_whole_and_answered_without_details(as_token, xrm, monkeypatch) -> None:
    async def broken(*_args, **_options):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(xrm.collaborators, "list", broken)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as log:
        response = await as_token("admin")("GET", PEOPLE)
    document = await problem_of(response, 500, "unexpected")
    assert "secret" not in json.dumps(document)
    (entry,) = [entry for entry in log if entry["event"] == "unexpected"]
    assert entry["exc_info"]
    assert f"urn:xrm:request:{entry['request_id']}" == document["instance"]


async def test_a_database_that_cannot_now_is_told_with_when_to_try_again(as_token, xrm) -> None:
    async with xrm.store.write() as session:
        await session.execute(text("DROP TABLE audit_entry"))
    response = await as_token("admin")("GET", "/audit")
    await problem_of(response, 503, "database_not_migrated")
    assert int(response.headers["Retry-After"]) > 0


async def test_the_log_has_no_query_and_no_body(as_token) -> None:
    with structlog.testing.capture_logs() as log:
        await as_token("admin")("GET", f"{PEOPLE}?after=SECRETKEY")
        await as_token("admin")("POST", PEOPLE, json={"code": "SECRETCODE", "last_name": "SECRETNAME"})
    assert [entry["route"] for entry in log if entry["event"] == "request"] == [
        "/api/v1/bases/{base}/collaborators",
        "/api/v1/bases/{base}/collaborators",
    ]
    assert "SECRET" not in str(log)


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123_x.y", True), ("short", False), ("x" * 65, False), ("a b c d e f", False)]
)
async def test_the_callers_request_id_is_kept_when_it_is_fit_for_a_log(client, given, kept) -> None:
    response = await client.get("/healthz", headers={"X-Request-ID": given})
    assert (response.headers["X-Request-ID"] == given) is kept


@pytest.mark.parametrize(
    "header", ["User-Agent", "Accept-Language", "X-Request-ID", "X-Forwarded-For", "Sec-Fetch-Site"]
)
async def test_bytes_that_are_no_text_in_a_header_break_nothing(client, header) -> None:
    body = b'{"base": "ACME", "login": "marie", "password": "correct horse"}'
    answer = await raw(client, "POST", "/api/v1/session", {header: b"\xff\xfe\x80" + b"x" * 500}, body)
    assert answer.startswith((b"HTTP/1.1 201 ", b"HTTP/1.1 403 "))


@pytest.mark.parametrize(
    ("header", "status"), [("Authorization", 401), ("Cookie", 401), ("X-CSRF-Token", 403), ("Idempotency-Key", 422)]
)
async def test_bytes_that_are_no_text_open_nothing(client, seed, header, status) -> None:
    session = seed.sessions["marie"]
    headers = {"Cookie": f"xrm={session.cookie}".encode(), "X-CSRF-Token": session.csrf_token.encode()}
    headers |= {header: b"Bearer xrm_\xff_\xfe" if header == "Authorization" else b"xrm=\xff\xfe"}
    body = b'{"sender": "COM", "to": ["a@b.example"], "subject": "x", "text": "x"}'
    answer = await raw(client, "POST", "/api/v1/bases/ACME/mails", headers, body)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


async def raw(client, method: str, path: str, headers: dict[str, bytes], body: bytes) -> bytes:
    """What a client writes that does not care for encodings."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close"]
    lines += [b"Content-Type: application/json", f"Content-Length: {len(body)}".encode()]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/held/discard", {"sender": "COM"}, "body"),
        ("/sms/pause?sender=COM", None, "query"),
        ("/collaborators?code=COM", {"code": "NEW", "last_name": "New"}, "query"),
    ],
)
async def test_what_an_address_does_not_take_is_refused_instead_of_overlooked(as_token, path, body, code) -> None:
    document = await problem_of(await as_token("admin")("POST", path, json=body), 422, "invalid")

    assert list(document["errors"]) == [code]


async def test_an_empty_object_may_come_where_nothing_is_taken(as_token) -> None:
    assert (await as_token("admin")("POST", "/sms/pause", json={})).status == 200


async def test_a_query_is_looked_at_whole(as_token) -> None:
    await problem_of(await as_token("read")("GET", "/collaborators?after=A&after=%00"), 422, "invalid")


async def test_bytes_that_are_no_request_are_refused_and_fill_no_log(xrm, caplog) -> None:
    ready = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(xrm, "127.0.0.1", 0, ready.set_result))
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(await ready).port)

    writer.write(b"GET /hooks/a-secret-\xff HTTP/1.1\r\nHost: x\r\n\r\n")
    answered = await reader.read(12)

    writer.close()
    server.cancel()
    await asyncio.wait([server])
    assert answered.endswith(b" 400")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
