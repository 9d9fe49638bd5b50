"""A database thread that commits waiting transactions together.

Requests that arrive during a commit share the next commit. A slow disk therefore adds latency but does not reduce
throughput. The default is SQLite in a file. With PostgreSQL, several processes can share one store.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool, StaticPool

from config.files import create_private, exclusive_lock
from terminal.simulated.service.storage.statements import Statements, statements_for

ReturnT = TypeVar("ReturnT")

_MAX_BATCH = 256
_SQLITE: dict[str, Any] = {"paramstyle": "named", "connect_args": {"check_same_thread": False}}
_MIGRATION_LOCK = 0x756B6574
"""Key of the PostgreSQL advisory lock, "uket" in ASCII."""


class Transaction:
    """Database access for a request. Several requests may share a commit."""

    def __init__(self, connection: Any, statements: Statements) -> None:
        self.sql = statements
        self._connection = connection

    def rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(statement, values).fetchall()
        return rows

    def row(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return row

    def change(self, statement: str, values: Mapping[str, Any]) -> int:
        """Execute a statement and return the number of changed rows."""
        return int(self._connection.execute(statement, values).rowcount)


Work = Callable[[Transaction], ReturnT]


class _Job:
    """Work for the database thread, and the future for its result."""

    def __init__(self, work: Work[Any], writes: bool) -> None:
        self.work, self.writes = work, writes
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.value: Any = None
        self.error: Exception | None = None

    def settle(self) -> None:
        """Set the result, unless the caller was cancelled. Must run on the caller's loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Database:
    """A database, which must be closed after use. `url`: None for SQLite in memory.

    Work must be repeatable: it runs again if a shared commit failed or the connection broke. Raises
    `sqlalchemy.exc.SQLAlchemyError` if the database cannot be used.
    """

    def __init__(self, url: str | None) -> None:
        self._engine = _engine(url)
        self._on_sqlite = self._engine.dialect.name == "sqlite"
        self._statements = statements_for(self._engine.dialect)
        _migrate(self._engine)
        self._pooled: Any = None
        self._connection: Any = None
        self._connect()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="qualification-store", daemon=True)
        self._thread.start()

    async def write(self, work: Work[ReturnT]) -> ReturnT:
        """Run the work and return its result after the commit."""
        return await self._do(work, writes=True)

    async def read(self, work: Work[ReturnT]) -> ReturnT:
        return await self._do(work, writes=False)

    def close(self) -> None:
        """Finish all queued work and disconnect. Safe to call repeatedly."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
            self._disconnect()
            self._engine.dispose()

    async def _do(self, work: Work[ReturnT], *, writes: bool) -> ReturnT:
        if not self._thread.is_alive():
            raise RuntimeError("the store is closed")
        job = _Job(work, writes)
        self._jobs.put(job)
        value: ReturnT = await job.future
        return value

    # --- in the database thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            jobs = self._gather()
            self._process([job for job in jobs if job is not None])
            if None in jobs:
                return

    def _gather(self) -> list[_Job | None]:
        jobs = [self._jobs.get()]
        while not self._jobs.empty() and len(jobs) < _MAX_BATCH and jobs[-1] is not None:
            jobs.append(self._jobs.get())
        return jobs

    def _process(self, jobs: list[_Job]) -> None:
        try:
            self._run_batch(jobs)
        except Exception:  # a job or the shared commit failed: run each job separately
            for job in jobs:
                self._run_single(job)
        for loop in {job.loop for job in jobs}:
            loop_jobs = [job for job in jobs if job.loop is loop]
            try:
                loop.call_soon_threadsafe(_settle, loop_jobs)
            except RuntimeError:  # the loop is closed, and its callers no longer wait
                continue

    def _run_batch(self, jobs: Sequence[_Job]) -> None:
        writes = any(job.writes for job in jobs)
        self._begin(writes)
        try:
            transaction = Transaction(self._connection, self._statements)
            for job in jobs:
                job.value = job.work(transaction)
            self._connection.commit()
        except Exception:
            self._roll_back()
            raise

    def _run_single(self, job: _Job) -> None:
        for is_last_attempt in (False, True):
            try:
                self._run_batch([job])
            except Exception as error:
                job.error = error
                if is_last_attempt:
                    return
            else:
                job.error = None
                return

    def _begin(self, writes: bool) -> None:
        if self._on_sqlite:
            self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    def _roll_back(self) -> None:
        """Roll back, or replace the connection if it is broken."""
        try:
            self._connection.rollback()
        except Exception:
            self._discard_connection()
            self._connect()

    def _connect(self) -> None:
        self._pooled = self._engine.raw_connection()
        self._connection = self._pooled.driver_connection
        if self._on_sqlite:
            self._connection.isolation_level = None  # transactions are started explicitly
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
                self._connection.execute(f"PRAGMA {pragma}")

    def _disconnect(self) -> None:
        if self._pooled is None:
            return
        try:
            self._pooled.close()
        except Exception:
            self._discard_connection()

    def _discard_connection(self) -> None:
        """Discard a broken connection. Closing it would roll back again."""
        pooled, self._pooled = self._pooled, None
        if pooled is not None:
            pooled.invalidate()


def _settle(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        job.settle()


def _engine(url: str | None) -> sa.Engine:
    if url is None:
        return sa.create_engine("sqlite://", poolclass=StaticPool, **_SQLITE)
    address = sa.make_url(url)
    if address.get_backend_name() == "postgresql":
        return sa.create_engine(address.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise ValueError("unsupported database: use sqlite:///PATH or postgresql://...")
    with contextlib.suppress(FileExistsError):
        create_private(Path(address.database))
    return sa.create_engine(address, poolclass=NullPool, **_SQLITE)


def _migrate(engine: sa.Engine) -> None:
    """Upgrade the schema, which several processes may attempt at the same time."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with _migration_lock_file(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _migration_lock_file(engine: sa.Engine) -> Iterator[None]:
    """Hold a lock file, because SQLite's own locks are released between alembic's steps."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        yield
        return
    with exclusive_lock(Path(f"{engine.url.database}.lock")):
        yield
