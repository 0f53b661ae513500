"""`xrm secrets`: the keys that stored secrets are sealed with."""

from __future__ import annotations

import asyncio

from xrm_platform.config import Config

from .help import Command, noun
from .output import tell
from .session import shown_progress

commands = noun()


@commands.command("new-key", cls=Command)
def new_key() -> None:
    from xrm_platform.store import new_key as make_key  # noqa: PLC0415  `--help` needs no cryptography

    print(make_key())


@commands.command("rotate", cls=Command)
def rotate() -> None:
    config = Config.from_environment()
    with shown_progress("rotating"):
        count = asyncio.run(_rotate(config))
    if config.secret_keys:
        tell("rotated_environment", count=count)
    else:
        tell("rotated", count=count, path=config.key_file)


async def _rotate(config: Config) -> int:
    """How many accounts were sealed anew: with a new key, or with the first of `XRM_SECRET_KEYS`."""
    from xrm_platform.accounts.rotation import rotate_key_file, rotate_secrets  # noqa: PLC0415  see above
    from xrm_platform.store import SecretBox, Store  # noqa: PLC0415

    from .logs import keep_quiet  # noqa: PLC0415

    keep_quiet(config)
    store = Store(config.database_url)
    try:
        if config.secret_keys:
            return await rotate_secrets(store, SecretBox(config.secret_keys))
        return (await rotate_key_file(store, config.key_file)).accounts
    finally:
        await store.aclose()
