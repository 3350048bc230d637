"""How a refresh may fail, and with which exit code. Wrong use and inputs are a plain ``UserError``: 2."""

from collections.abc import Sequence

from service_kpis.errors import UserError

EXIT_BUILD = 1
EXIT_AUDIT = 3
EXIT_LOCK = 4
EXIT_DISK = 5
# What shells say of a process that SIGTERM ended.
EXIT_TERMINATED = 143


class BuildError(UserError):
    """dbt stopped, or a data test failed.

    Attributes:
        nodes: names of the models and tests at fault, without anything of their rows.
    """

    exit_code = EXIT_BUILD

    def __init__(self, message: str, nodes: Sequence[str] = ()):
        super().__init__(message)
        self.nodes = tuple(nodes)


class AuditError(UserError):
    """The finished warehouse breaks a rule.

    Attributes:
        broken: the rules, one line each.
    """

    exit_code = EXIT_AUDIT

    def __init__(self, message: str, broken: Sequence[str]):
        super().__init__(message)
        self.broken = tuple(broken)


class LockError(UserError):
    """Another refresh or rollback is at work."""

    exit_code = EXIT_LOCK


class TerminatedError(UserError):
    """A scheduler stopped the refresh."""

    exit_code = EXIT_TERMINATED


class DiskError(UserError):
    """The disk is full, or fails."""

    exit_code = EXIT_DISK
