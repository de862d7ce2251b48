"""Sessions: the tokens that the org has handed out and still accepts.

Source: Salesforce fact sheet 2.5, 3.1.
"""

import random
import string

_ALPHABET = string.ascii_letters + string.digits + "._"
_SECRET_LENGTH = 96


class Sessions:
    """The open sessions of one org; `uses_left` of new sessions bounds how often each may be used.

    With `reuse`, a login returns the session that is still open, as Salesforce may.
    """

    def __init__(self, org_id: str, chance: random.Random) -> None:
        self.reuse = False
        self.uses_per_session: int | None = None
        self.logins = 0
        self._org_id = org_id
        self._chance = chance
        self._uses_left: dict[str, int | None] = {}

    def open(self) -> str:
        """Return the token of a session: the org's short id, an exclamation mark, and a secret."""
        self.logins += 1
        if self.reuse and self._uses_left:
            return next(reversed(self._uses_left))
        token = self._org_id[:15] + "!" + "".join(self._chance.choices(_ALPHABET, k=_SECRET_LENGTH))
        self._uses_left[token] = self.uses_per_session
        return token

    def use(self, token: str) -> bool:
        """Tell whether a call with this token is let in, and count it."""
        left = self._uses_left.get(token, 0)
        if left is None:
            return True
        if left <= 0:
            self.end(token)
            return False
        self._uses_left[token] = left - 1
        return True

    def end(self, token: str) -> None:
        """End one session."""
        self._uses_left.pop(token, None)

    def end_all(self) -> None:
        """End all sessions, as an administrator can; streams that are open live on."""
        self._uses_left.clear()
