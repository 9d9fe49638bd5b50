"""Tests for the store on SQLite and PostgreSQL: shared commits, failing jobs, schema and migrations."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from terminal.qualification.contract import CertificateStatus, Purpose, Way
from terminal.simulated.service.storage.database import Database, Transaction
from terminal.simulated.service.storage.store import OpenedCheck, ServiceStore
from terminal.simulated.service.storage.tables import metadata
from terminal.simulated.service.temporary_postgres import PostgresMissing, TemporaryPostgres

NOW = datetime(2026, 11, 20, 0, 15, 4, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def check(number: int = 1) -> OpenedCheck:
    return OpenedCheck(
        check_id=f"check-{number}",
        terminal_id="terminal-1",
        institution_code="1319999999",
        purpose=Purpose.RECEPTION,
        way=Way.PIN,
        person="adult",
        standing=CertificateStatus.VALID,
        registered=False,
        opened_at=NOW,
    )


@pytest.fixture
def store(database_url: str) -> Iterator[ServiceStore]:
    store = ServiceStore(database_url)
    yield store
    store.close()


def engine_for(database_url: str) -> sa.Engine:
    url = sa.make_url(database_url)
    return sa.create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)


def test_migrations_create_the_defined_tables(database_url: str) -> None:
    ServiceStore(database_url).close()
    ServiceStore(database_url).close()  # repeating the migration changes nothing
    with engine_for(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_store_can_be_opened_concurrently(database_url: str) -> None:
    with engine_for(database_url).begin() as connection:
        for table in (*reversed(metadata.sorted_tables), sa.table("alembic_version")):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {table.name}"))
    stores: list[ServiceStore | Exception] = []

    def open_store() -> None:
        try:
            stores.append(ServiceStore(database_url))
        except Exception as error:
            stores.append(error)

    threads = [threading.Thread(target=open_store) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(store) for store in stores] == [ServiceStore] * 4
    for store in stores:
        assert isinstance(store, ServiceStore)
        store.close()


def test_waiting_writes_share_one_commit(database_url: str) -> None:
    commits = 0

    async def scenario() -> list[bool]:
        nonlocal commits
        database = Database(database_url)
        run_batch = database._run_batch

        def count_commits(jobs: Any) -> None:
            nonlocal commits
            commits += 1
            run_batch(jobs)

        database._run_batch = count_commits  # type: ignore[method-assign]
        writes = [
            database.write(lambda t, n=number: t.change(t.sql.spend_challenge, {"challenge": n, "ends_at": 1}) == 1)  # type: ignore[misc]
            for number in [b"%d" % (number % 100) for number in range(200)]
        ]
        results = await asyncio.gather(*writes)
        database.close()
        return results

    results = asyncio.run(scenario())
    assert results == [True] * 100 + [False] * 100
    assert commits < 50


def test_failing_write_does_not_affect_others(database_url: str) -> None:
    def spend(challenge: bytes) -> Any:
        return lambda t: t.change(t.sql.spend_challenge, {"challenge": challenge, "ends_at": 1})

    def fail(t: Transaction) -> None:
        t.change(t.sql.spend_challenge, {"challenge": b"never", "ends_at": 1})
        raise RuntimeError("failure")

    def execute_invalid_sql(t: Transaction) -> None:
        t.change("INSERT INTO nowhere VALUES (1)", {})

    async def scenario() -> list[Any]:
        database = Database(database_url)
        jobs = [spend(b"a"), fail, spend(b"b"), execute_invalid_sql, spend(b"c"), spend(b"never")]
        first = await asyncio.gather(*(database.write(job) for job in jobs), return_exceptions=True)
        second = await asyncio.gather(*(database.write(spend(name)) for name in (b"a", b"b", b"c", b"never", b"d")))
        database.close()
        return [*first, *second]

    results = asyncio.run(scenario())
    assert [results[0], results[2], results[4], results[5]] == [1, 1, 1, 1]
    assert isinstance(results[1], RuntimeError)
    assert isinstance(results[3], Exception)
    assert results[6:] == [0, 0, 0, 0, 1]


def test_challenge_opens_only_one_check(store: ServiceStore) -> None:
    async def scenario() -> list[Any]:
        first = await store.open(b"challenge", LATER, check(1))
        second = await store.open(b"challenge", LATER, check(2))
        return [first, second, await store.check("check-1"), await store.check("check-2")]

    first, second, stored, missing = asyncio.run(scenario())
    assert first == stored == check(1)
    assert (second, missing) == (None, None)


def test_challenge_used_concurrently_opens_only_one_check(database_url: str) -> None:
    async def race() -> list[Any]:
        stores = [ServiceStore(database_url) for _ in range(2)]
        opened: list[Any] = []
        for number in range(20):
            calls = (store.open(b"%d" % number, LATER, check(number * 2 + i)) for i, store in enumerate(stores))
            opened += await asyncio.gather(*calls)
        for store in stores:
            store.close()
        return opened

    opened = asyncio.run(race())
    assert sum(check is not None for check in opened) == 20


def test_expired_challenges_are_deleted(store: ServiceStore) -> None:
    async def scenario() -> list[bool]:
        return [
            await store.spend(b"one", LATER, NOW),
            await store.spend(b"one", LATER, NOW),
            await store.spend(b"two", LATER + timedelta(hours=1), LATER + timedelta(minutes=2)),
            # deleted: the service refuses expired challenges without asking the store
            await store.spend(b"one", LATER, LATER + timedelta(minutes=2)),
        ]

    assert asyncio.run(scenario()) == [True, False, True, True]


def test_registration_applies_to_open_checks(store: ServiceStore) -> None:
    async def scenario() -> list[Any]:
        opened = await store.open(b"c", LATER, check())
        assert opened is not None
        registered = await store.register(opened, NOW)
        return [opened, registered, await store.check("check-1"), await store.register(opened, NOW)]

    assert [check.registered for check in asyncio.run(scenario())] == [False, True, True, True]


def test_closed_store_raises_error(store: ServiceStore) -> None:
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(store.check("c"))


def test_store_reconnects_to_postgresql(postgres: str) -> None:
    async def scenario() -> list[bool]:
        store = ServiceStore(postgres)
        before = await store.spend(b"before", LATER, NOW)
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        after = await store.spend(b"after", LATER, NOW)
        repeated = await store.spend(b"before", LATER, NOW)
        store.close()
        return [before, after, repeated]

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("TRUNCATE spent_challenges")
    assert asyncio.run(scenario()) == [True, True, False]


@pytest.mark.long
def test_postgresql_keeps_committed_data_after_immediate_stop() -> None:
    """An immediate stop, without a checkpoint, is equivalent to a power failure."""
    try:
        server = TemporaryPostgres()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    with server:
        store = ServiceStore(server.url())

        async def scenario() -> None:
            opened = [await store.open(b"challenge %d" % number, LATER, check(number)) for number in range(20)]
            assert all(opened)
            await asyncio.to_thread(server.restart)
            assert await store.check("check-0")
            assert [await store.check(f"check-{number}") for number in range(20)] == opened
            assert await store.open(b"another challenge", LATER, check(20))

        try:
            asyncio.run(scenario())
        finally:
            store.close()


def test_sqlite_uses_durable_settings(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")

    def pragma(name: str) -> Any:
        return lambda t: t.row(f"PRAGMA {name}", {})

    async def read() -> list[Any]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [await database.read(pragma(name)) for name in names]

    assert asyncio.run(read()) == [(2,), ("wal",), (1,)]
    database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "nonsense"])
def test_unsupported_databases_are_refused(url: str) -> None:
    with pytest.raises((ValueError, sa.exc.ArgumentError)):
        ServiceStore(url)
