"""The form of the package's error messages."""


def refusal(what: str, got: object, expected: str, advice: str, kind: type[ValueError] = ValueError) -> ValueError:
    """Return the error to raise: what was refused, what it is, what it should be, and the one next step that works."""
    error = kind(f"{what}: got {got}; expected {expected}. {advice}")
    error.advice = advice  # for who knows a better next step
    return error
