"""What is read from the metadata of distributions on the path."""

from structlog.testing import capture_logs

from xrm_platform.registry.discovery import installed


def distribution(folder, name, version, entry_points, *, metadata=True):
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(entry_points)
    if metadata:
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def found(name):
    plugins, drivers = installed()
    return [(one.name, one.distribution, one.version) for one in (*plugins, *drivers) if one.name == name]


def test_an_entry_point_knows_its_distribution_and_version(tmp_path, monkeypatch):
    distribution(
        tmp_path, "xrm-acme", "2.1", "[xrm_platform.plugins]\nacme = xrm_acme\n[console_scripts]\nacme = a:b\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert found("acme") == [("acme", "xrm-acme", "2.1")]


def test_a_distribution_that_is_on_the_path_twice_counts_once_as_it_is_imported(tmp_path, monkeypatch):
    for folder, name, version in (("second", "xrm-acme", "1.0"), ("first", "xrm_acme", "2.0")):
        distribution(tmp_path / folder, name, version, "[xrm_platform.sms]\nacme = xrm_acme:Driver\n")
        monkeypatch.syspath_prepend(tmp_path / folder)

    assert found("acme") == [("acme", "xrm_acme", "2.0")]


def test_entry_points_that_cannot_be_read_hide_no_others(tmp_path, monkeypatch):
    distribution(tmp_path, "broken", "1.0", "[xrm_platform.plugins]\nno equals sign here\n")
    distribution(tmp_path, "xrm-acme", "1.0", "[xrm_platform.plugins]\nacme = xrm_acme\n")
    monkeypatch.syspath_prepend(tmp_path)

    with capture_logs() as logs:
        assert found("acme") == [("acme", "xrm-acme", "1.0")]

    assert [line["distribution"] for line in logs] == ["broken"]


def test_a_distribution_without_metadata_is_found_under_an_unknown_name(tmp_path, monkeypatch):
    distribution(tmp_path, "xrm-acme", "1.0", "[xrm_platform.plugins]\nacme = xrm_acme\n", metadata=False)
    monkeypatch.syspath_prepend(tmp_path)

    assert found("acme") == [("acme", "unknown", "unknown")]


def test_what_is_found_is_sorted_by_name_whatever_the_path(tmp_path, monkeypatch):
    for name in ("zeta", "alpha"):
        distribution(tmp_path / name, f"xrm-{name}", "1.0", f"[xrm_platform.plugins]\n{name} = xrm_{name}\n")
        monkeypatch.syspath_prepend(tmp_path / name)

    plugins, _ = installed()

    names = [one.name for one in plugins]
    assert names == sorted(names)
