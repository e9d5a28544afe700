"""Errors that a person has to fix. An error without a message of its own shows its docstring."""


class RecorderFleetError(Exception):
    """Something is wrong that the program can't mend by itself."""

    exit_code = 1

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "").strip()


class SettingsError(RecorderFleetError):
    """A setting is nonsense; the message names it."""

    exit_code = 2


class DatabaseUnavailableError(RecorderFleetError):
    """The database is away or refuses; what was to be stored is stored later."""


class RowsRefusedError(RecorderFleetError):
    """The database refused a statement; the rows of it, not the connection, are at fault."""


class JudgementFailedError(RecorderFleetError):
    """Something could not be judged; whatever else there is to judge is not at fault."""


class MigrationError(RecorderFleetError):
    """The database's schema isn't what this version of the program needs."""


class BrokerUnavailableError(RecorderFleetError):
    """The broker is away or refuses the login."""


class SessionTakenOverError(BrokerUnavailableError):
    """Another client has come with our client id."""


class QueueNotKeptError(RecorderFleetError):
    """The broker doesn't keep for us what it acknowledges."""


class InputError(RecorderFleetError):
    """A file isn't of the contract; the message names file, line and field."""

    exit_code = 2


class LeaseLostError(RecorderFleetError):
    """Another process does what this one did, for its lease ran out."""
