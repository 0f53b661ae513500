"""Everything that the agenda's commands show has a name in both languages."""

from __future__ import annotations

import dataclasses

import pytest

from xrm_platform.agenda import views
from xrm_platform.agenda.invitations import views as invitations
from xrm_platform.agenda.sync import views as sync
from xrm_platform.wording.catalogue import LANGUAGES, load_wording

SHOWN = sorted(
    {
        field.name
        for module in (views, invitations, sync)
        for view in vars(module).values()
        if dataclasses.is_dataclass(view)
        for field in dataclasses.fields(view)
    }
    - {"params", "error_params", "note"}  # these are for programs: people read a sentence instead
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_name(language):
    words = load_wording()._own[language]["fields"]

    assert [name for name in SHOWN if name not in words] == []
