"""Raises an exception of its own when it is imported."""


class OwnError(BaseException):
    """Not an Exception."""


raise OwnError
