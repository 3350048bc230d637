"""The error that is meant for the user's eyes."""


class UserError(Exception):
    """Something that the user can put right: one clear line that says what is wrong and how to mend it.

    The command line prints its text alone, without a traceback, and ends with ``exit_code``.
    """

    exit_code = 2
