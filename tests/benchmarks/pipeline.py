"""A platform with one account, and messages in its queue, for the benchmarks of whole pipelines."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import structlog
from cryptography.fernet import Fernet

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.store import Store, migrate


@contextlib.asynccontextmanager
async def platform(slug: str, settings: dict[str, object]) -> AsyncIterator[tuple[Platform, object]]:
    """A platform on SQLite with a default account of `slug`, and its operator. It logs as in production, to nowhere."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30), cache_logger_on_first_use=True)
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder), f"sqlite+aiosqlite:///{folder}/xrm.db", (Fernet.generate_key().decode(),))
        store = Store(config.database_url)
        await migrate(store.engine)
        await store.aclose()
        async with Platform.open(config) as xrm:
            await xrm.bases.create("ACME", "Acme", actor_name="operator:bench")
            admin = await xrm.bases.operator("ACME", "operator:bench")
            await xrm.collaborators.create(
                admin, "COM", last_name="Martin", email="com@acme.example", signature_text="Léa Martin\nAcme SARL"
            )
            await xrm.providers.enable(admin, slug)
            await xrm.accounts.add(admin, slug, slug, settings, default=True)
            await xrm.sms_pause.release(admin)
            yield xrm, admin


async def timed(work) -> float:
    """Seconds that awaiting `work` takes."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def show(name: str, count: int, bare: float, ours: float) -> None:
    print(f"{name}: bare {count / bare:.0f}/s, platform {count / ours:.0f}/s, ratio {bare / ours:.2f}")
