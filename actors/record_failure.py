"""Record failure: tell Salesforce why an order could not be done, with a code and a text that a seller can act on.

An ordinary write inside a stage, so that it is tried again like any other. An order that Salesforce does not have
cannot be told anything: its failure lives in the ledger alone, until somebody resolves it.
"""

import structlog

from actors.stage import stage
from actors.toolbox import Clients
from actors.values import Failure
from clients.errors import Permanent

log = structlog.get_logger(__name__)


@stage(queue="record-failure")
def record_failure(failure: Failure, use: Clients) -> Failure:
    """Mark the order Failed in Salesforce; this ends the run."""
    use.claim.hold()
    try:
        use.salesforce.write_failure(failure.order_id, code=failure.code, message=failure.message)
    except Permanent as verdict:
        log.warning("failure.has_no_order_to_be_written_to", code=failure.code, detail=verdict.message)
    return failure
