"""The parameters of one call, read as a PHP program reads $_POST."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.whmcs.php import PhpArray, PhpValue, to_int, to_text, truthy
from sandbox.whmcs.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Params:
    """What was posted, and from where. A parameter that nobody reads is ignored, as WHMCS does."""

    form: PhpArray
    peer: str = ""

    def given(self, name: str) -> bool:
        """Tell whether a parameter has a value at all; "0" is one."""
        return self.form.get(name) not in (None, "", {})

    def text(self, name: str) -> str:
        """Return a scalar as text."""
        return to_text(self.form.get(name))

    def integer(self, name: str) -> int:
        """Return a scalar as (int) would: 0 for what is no number."""
        return to_int(self.form.get(name))

    def flag(self, name: str) -> bool:
        """Return a boolean as `if ($x)` would: "False" is true."""
        return truthy(self.form.get(name))

    def array(self, name: str) -> PhpArray:
        """Return an array, empty when it was not sent.

        Raises: Refusal for a scalar.
        """
        value: PhpValue = self.form.get(name, "")
        if isinstance(value, dict):
            return value
        if value == "":
            return {}
        raise Refusal(f"Expecting parameter '{name}' to be an array")

    def ensure_arrays(self, names: Iterable[str]) -> None:
        """Refuse the call when one of these was sent as a scalar."""
        for name in names:
            if name in self.form:
                self.array(name)

    def element(self, name: str, key: int | str) -> str:
        """Return one element of an array as text, "" when it is not there."""
        return to_text(self.array(name).get(key))
