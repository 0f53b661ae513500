import base64
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.store import SecretBox, SecretsError, new_key, read_keys, write_keys

JSON = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=5)
OLD, NEW = new_key(), new_key()


@given(data=JSON, row=st.text())
def test_what_was_sealed_opens_for_the_row_it_belongs_to(data, row):
    box = SecretBox((OLD,))

    assert box.open(box.seal(data, bound_to=row), bound_to=row) == data


def test_a_secret_moved_to_another_row_does_not_open():
    box = SecretBox((OLD,))
    sealed = box.seal({"password": "geheim"}, bound_to="account 1")

    with pytest.raises(SecretsError, match="secret_misplaced") as caught:
        box.open(sealed, bound_to="account 2")

    assert "geheim" not in str(caught.value)


def test_a_secret_is_not_readable_in_what_is_stored():
    sealed = SecretBox((OLD,)).seal({"password": "geheim"}, bound_to="row")

    assert b"geheim" not in base64.urlsafe_b64decode(sealed)


def test_the_wrong_key_is_said_to_be_wrong():
    sealed = SecretBox((OLD,)).seal({"password": "geheim"}, bound_to="row")

    with pytest.raises(SecretsError, match="secret_key_wrong"):
        SecretBox((NEW,)).open(sealed, bound_to="row")
    with pytest.raises(SecretsError, match="secret_key_wrong"):
        SecretBox((NEW,)).rotate(sealed)


def test_after_rotation_the_old_key_can_be_dropped():
    sealed = SecretBox((OLD,)).seal({"password": "geheim"}, bound_to="row")

    rotated = SecretBox((NEW, OLD)).rotate(sealed)

    assert SecretBox((NEW,)).open(rotated, bound_to="row") == {"password": "geheim"}


@pytest.mark.parametrize("key", ["", "short", "not base64 at all " * 3])
def test_a_malformed_key_is_refused_without_being_shown(key):
    with pytest.raises(SecretsError, match="secret_key_malformed") as caught:
        SecretBox((key,))

    assert not key or key not in str(caught.value)


def test_no_key_at_all_is_refused():
    with pytest.raises(SecretsError, match="secret_key_malformed"):
        SecretBox(())


def test_keys_of_the_environment_come_before_the_file(tmp_path):
    write_keys((OLD,), tmp_path / "keys")

    assert read_keys((NEW,), tmp_path / "keys") == (NEW,)
    assert read_keys((), tmp_path / "keys") == (OLD,)


def test_the_key_file_is_for_its_owner_only_and_replaced_in_one_step(tmp_path):
    path = tmp_path / "home" / "keys"
    write_keys((OLD,), path)
    write_keys((NEW, OLD), path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys((), path) == (NEW, OLD)
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path, mode):
    path = tmp_path / "keys"
    write_keys((OLD,), path)
    path.chmod(mode)

    with pytest.raises(SecretsError, match="secret_key_file_open"):
        read_keys((), path)


def test_no_key_file_and_an_empty_one_are_both_said_to_be_missing(tmp_path):
    with pytest.raises(SecretsError, match="secret_key_missing"):
        read_keys((), tmp_path / "keys")

    write_keys((), tmp_path / "keys")
    with pytest.raises(SecretsError, match="secret_key_missing"):
        read_keys((), tmp_path / "keys")


def test_a_key_file_that_cannot_be_read_is_said_to_be_unreadable(tmp_path):
    path = tmp_path / "keys"
    path.mkdir(mode=0o700)

    with pytest.raises(SecretsError, match="secret_key_unreadable"):
        read_keys((), path)


def test_a_key_file_that_is_no_text_is_refused_without_being_shown(tmp_path):
    write_keys((OLD,), tmp_path / "secret.key")
    (tmp_path / "secret.key").write_bytes(b"\xff\xfe" + OLD.encode())

    with pytest.raises(SecretsError, match="secret_key_malformed") as caught:
        read_keys((), tmp_path / "secret.key")

    assert caught.value.__suppress_context__


def test_a_half_written_key_file_of_before_is_no_obstacle(tmp_path):
    (tmp_path / "keys.new").write_text("half a key")

    write_keys((OLD,), tmp_path / "keys")

    assert read_keys((), tmp_path / "keys") == (OLD,)
