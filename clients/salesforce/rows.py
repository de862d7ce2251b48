"""The rows of a collection write: the answer is 200 whatever became of them. Source: Salesforce fact sheet 4.4."""

from collections.abc import Sequence

from clients.errors import Verdict
from clients.salesforce import verdicts
from clients.salesforce.verdicts import Attempt, Refusal

_OK = 200


def check_rows(results: object, attempts: Sequence[Attempt]) -> None:
    """Raise the verdict on a collection answer unless every row was written; `attempts` are in request order.

    A row that failed only because another did says nothing; of the others, the worst decides.
    Raises: Retryable, Misconfigured, or what the attempt of a row says of a missing row.
    """
    if not isinstance(results, list) or len(results) != len(attempts):
        raise verdicts.no_answer("a collection answer without a result for each row")
    failures = [
        (refusal, attempt) for result, attempt in zip(results, attempts, strict=True) for refusal in _refusals(result)
    ]
    causes = [failure for failure in failures if not verdicts.is_victim(failure[0])] or failures
    if causes:
        raise verdicts.worst(verdicts.sort_refusal(refusal, attempt) for refusal, attempt in causes)


def row_verdicts(results: object, attempts: Sequence[Attempt]) -> list[Verdict | None]:
    """Return the verdict on each row of a collection answer, None where it was written.

    Raises: Retryable for an answer that does not tell of every row.
    """
    if not isinstance(results, list) or len(results) != len(attempts):
        raise verdicts.no_answer("a collection answer without a result for each row")
    return [_verdict(_refusals(result), attempt) for result, attempt in zip(results, attempts, strict=True)]


def _verdict(refusals: Sequence[Refusal], attempt: Attempt) -> Verdict | None:
    if not refusals:
        return None
    return verdicts.worst(verdicts.sort_refusal(refusal, attempt) for refusal in refusals)


def _refusals(result: object) -> list[Refusal]:
    if not isinstance(result, dict):
        return [Refusal(_OK, "", "a result that is no object")]
    if result.get("success") is True:
        return []
    return verdicts.refusals_of(_OK, result.get("errors")) or [Refusal(_OK, "", "a failure without an error")]
