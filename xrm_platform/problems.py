"""What the platform says no with: one exception a kind of refusal, a code that is translated, and its parameters.

    Problem
    ├── Invalid           what was given is wrong; `fields` says where
    ├── Missing           there is no such thing, or not for you
    ├── Unauthenticated   nobody is signed in
    ├── Forbidden         somebody is, and may not
    ├── Conflicting       it is not in a state for that
    ├── Throttled         too often; `retry_after` seconds
    └── Unavailable       the platform itself cannot now (database locked, full …)

Use cases raise these; the web turns them into RFC 9457 problems, the command line into one line and exit code 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Param = str | int | float


class Problem(Exception):
    """`code` names the sentence in the wording (`problems.<code>`), `params` fill it; neither ever holds a secret."""

    def __init__(self, code: str, **params: Param) -> None:
        self.code = code
        self.params = params
        shown = ", ".join(f"{name}={value!r}" for name, value in params.items())
        super().__init__(f"{code} ({shown})" if shown else code)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field. A plugin's own fault names the `package` whose translations (`errors.<code>`) say
    it; ours are `problems.<code>`."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    package: str = ""


class Invalid(Problem):
    """`fields` maps the path of a field (`to.0`, `settings.port`) to what is wrong with it: a `Fault`, or a sentence
    that a schema made."""

    def __init__(self, fields: Mapping[str, Fault | str]) -> None:
        self.fields = dict(fields)
        super().__init__("invalid")

    @classmethod
    def field(cls, name: str, code: str, **params: Param) -> Invalid:
        return cls({name: Fault(code, params)})

    def __str__(self) -> str:
        return "invalid: " + ", ".join(
            f"{name}: {fault.code if isinstance(fault, Fault) else fault}" for name, fault in self.fields.items()
        )


class Missing(Problem):
    pass


class Unauthenticated(Problem):
    pass


class Forbidden(Problem):
    pass


class Conflicting(Problem):
    pass


class Throttled(Problem):
    def __init__(self, code: str, retry_after: int, **params: Param) -> None:
        self.retry_after = retry_after
        super().__init__(code, retry_after=retry_after, **params)


class Unavailable(Problem):
    pass
