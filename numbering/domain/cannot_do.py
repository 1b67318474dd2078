"""What every verb says that cannot do now what it was asked to."""


class CannotDo(Exception):
    """It is not possible now; the message says why and what to do."""
