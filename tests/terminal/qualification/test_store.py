"""The store on both databases: shared commits, failing jobs, schema and migrations."""

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

from terminal.qualification.contract import CertificateStanding, Purpose, Way
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
        standing=CertificateStanding.VALID,
        registered=False,
        opened_at=NOW,
    )


@pytest.fixture
def store(database_url: str) -> Iterator[ServiceStore]:
    store = ServiceStore(database_url)
    yield store
    store.close()


def engine_of(database_url: str) -> sa.Engine:
    url = sa.make_url(database_url)
    return sa.create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)


def test_migrations_create_exactly_the_tables(database_url: str) -> None:
    ServiceStore(database_url).close()
    ServiceStore(database_url).close()  # the second time changes nothing
    with engine_of(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_store_can_be_opened_concurrently(database_url: str) -> None:
    with engine_of(database_url).begin() as connection:
        for table in (*reversed(metadata.sorted_tables), sa.table("alembic_version")):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {table.name}"))
    stores: list[ServiceStore | Exception] = []

    def begin() -> None:
        try:
            stores.append(ServiceStore(database_url))
        except Exception as error:
            stores.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(store) for store in stores] == [ServiceStore] * 4
    for store in stores:
        assert isinstance(store, ServiceStore)
        store.close()


def test_waiting_writes_share_a_commit(database_url: str) -> None:
    commits = 0

    async def scenario() -> list[bool]:
        nonlocal commits
        database = Database(database_url)
        together = database._together

        def counted(jobs: Any) -> None:
            nonlocal commits
            commits += 1
            together(jobs)

        database._together = counted  # type: ignore[method-assign]
        spending = [
            database.write(lambda t, n=number: t.change(t.sql.spend_challenge, {"challenge": n, "ends_at": 1}) == 1)  # type: ignore[misc]
            for number in [b"%d" % (number % 100) for number in range(200)]
        ]
        spent = await asyncio.gather(*spending)
        database.close()
        return spent

    spent = asyncio.run(scenario())
    assert spent == [True] * 100 + [False] * 100
    assert commits < 50


def test_a_failing_write_does_not_affect_others(database_url: str) -> None:
    def spend(challenge: bytes) -> Any:
        return lambda t: t.change(t.sql.spend_challenge, {"challenge": challenge, "ends_at": 1})

    def defect(t: Transaction) -> None:
        t.change(t.sql.spend_challenge, {"challenge": b"never", "ends_at": 1})
        raise RuntimeError("a defect")

    def wrong(t: Transaction) -> None:
        t.change("INSERT INTO nowhere VALUES (1)", {})

    async def scenario() -> list[Any]:
        database = Database(database_url)
        jobs = [spend(b"a"), defect, spend(b"b"), wrong, spend(b"c"), spend(b"never")]
        first = await asyncio.gather(*(database.write(job) for job in jobs), return_exceptions=True)
        second = await asyncio.gather(*(database.write(spend(name)) for name in (b"a", b"b", b"c", b"never", b"d")))
        database.close()
        return [*first, *second]

    results = asyncio.run(scenario())
    assert [results[0], results[2], results[4], results[5]] == [1, 1, 1, 1]
    assert isinstance(results[1], RuntimeError)
    assert isinstance(results[3], Exception)
    assert results[6:] == [0, 0, 0, 0, 1]


def test_a_challenge_opens_one_check(store: ServiceStore) -> None:
    async def scenario() -> list[Any]:
        first = await store.open(b"challenge", LATER, check(1))
        second = await store.open(b"challenge", LATER, check(2))
        return [first, second, await store.check("check-1"), await store.check("check-2")]

    first, second, stored, missing = asyncio.run(scenario())
    assert first == stored == check(1)
    assert (second, missing) == (None, None)


def test_concurrent_use_of_one_challenge(database_url: str) -> None:
    async def race() -> list[Any]:
        one, two = ServiceStore(database_url), ServiceStore(database_url)
        opened: list[Any] = []
        for number in range(20):
            both = (store.open(b"%d" % number, LATER, check(number * 2 + i)) for i, store in enumerate((one, two)))
            opened += await asyncio.gather(*both)
        one.close()
        two.close()
        return opened

    opened = asyncio.run(race())
    assert sum(check is not None for check in opened) == 20


def test_spent_challenges_are_deleted_after_they_expire(store: ServiceStore) -> None:
    async def scenario() -> list[bool]:
        return [
            await store.spend(b"one", LATER, NOW),
            await store.spend(b"one", LATER, NOW),
            await store.spend(b"two", LATER + timedelta(hours=1), LATER + timedelta(minutes=2)),
            # expired, which its seal shows; the store no longer needs it
            await store.spend(b"one", LATER, LATER + timedelta(minutes=2)),
        ]

    assert asyncio.run(scenario()) == [True, False, True, True]


def test_a_registration_applies_to_checks_opened_before(store: ServiceStore) -> None:
    async def scenario() -> list[Any]:
        opened = await store.open(b"c", LATER, check())
        assert opened is not None
        registered = await store.register(opened, NOW)
        return [opened, registered, await store.check("check-1"), await store.register(opened, NOW)]

    assert [check.registered for check in asyncio.run(scenario())] == [False, True, True, True]


def test_using_a_closed_store_is_refused(store: ServiceStore) -> None:
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(store.check("c"))


def test_the_store_reconnects_to_postgresql(postgres: str) -> None:
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
def test_postgresql_keeps_confirmed_data_after_an_immediate_stop() -> None:
    """As in a power failure: no checkpoint and no notice to clients."""
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


def test_sqlite_uses_its_most_durable_settings(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")

    def pragma(name: str) -> Any:
        return lambda t: t.row(f"PRAGMA {name}", {})

    async def read() -> list[Any]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [await database.read(pragma(name)) for name in names]

    assert asyncio.run(read()) == [(2,), ("wal",), (1,)]
    database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises((ValueError, sa.exc.ArgumentError)):
        ServiceStore(url)
