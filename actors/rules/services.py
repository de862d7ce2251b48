"""Services: did WHMCS make what was ordered, which service belongs to which order item, and are they up.

WHMCS drops a line that it does not like, or bills it by another cycle, without a word. One line with quantity 3 becomes
one service or three, as the product is set up.

Source: WHMCS fact sheet 2.1, 2.7, 3.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from actors.rules.billing_cycle import cycle_key
from actors.rules.texts import fit_list, quoted
from actors.values import ProductLine
from clients.errors import ErrorCode, NeedsHuman
from clients.whmcs.values import Service

_UP = frozenset({"active", "completed"})

Group: TypeAlias = tuple[int, str]  # pid and billing cycle: what tells the lines of an order apart in WHMCS
Lines: TypeAlias = Mapping[Group, list[ProductLine]]
Services: TypeAlias = Mapping[Group, list[Service]]


def pair_services(lines: tuple[ProductLine, ...], services: Sequence[Service]) -> dict[str, tuple[int, ...]]:
    """Return the service ids of each order item; `services` are all those of the WHMCS order.

    Shape:  every service belongs to exactly one item. Lines of the same product and cycle get their services by
            ascending id, in line order: one each, or as many as each line's quantity.
    Raises: NeedsHuman(ACTIVATION_INCOMPLETE) when WHMCS made anything else than what was ordered.
    """
    ordered, made = _ordered(lines), _made(services)
    problems = list(_differences(ordered, made))
    if problems:
        raise NeedsHuman(
            ErrorCode.ACTIVATION_INCOMPLETE, fit_list(f"{_name(services)} is not what was ordered: ", problems)
        )
    pairs = {item: ids for group, members in ordered.items() for item, ids in _share(members, made[group])}
    return {line.item_id: pairs[line.item_id] for line in lines}


def is_plausible(lines: Sequence[ProductLine], count: int) -> bool:
    """Tell whether so many services can be what these lines became: each one service, or as many as its quantity."""
    return len(lines) <= count <= sum(line.quantity for line in lines)


def not_active(services: Iterable[Service]) -> list[Service]:
    """Return the services that did not come up."""
    return [service for service in services if service.status.strip().lower() not in _UP]


def ensure_up(services: Sequence[Service]) -> None:
    """Raise NeedsHuman(ACTIVATION_INCOMPLETE) unless every service came up."""
    down = [f"service {service.id} is {quoted(service.status, 20)}" for service in not_active(services)]
    if down:
        lead = f"{_name(services)} was accepted, but not all of it came up; look into the Module Queue of WHMCS: "
        raise NeedsHuman(ErrorCode.ACTIVATION_INCOMPLETE, fit_list(lead, down))


def _ordered(lines: Iterable[ProductLine]) -> Lines:
    groups: defaultdict[Group, list[ProductLine]] = defaultdict(list)
    for line in lines:
        groups[line.pid, cycle_key(line.billing_cycle)].append(line)
    return groups


def _made(services: Iterable[Service]) -> Services:
    groups: defaultdict[Group, list[Service]] = defaultdict(list)
    for service in services:
        groups[service.pid, cycle_key(service.billing_cycle)].append(service)
    return groups


def _share(lines: Sequence[ProductLine], services: Sequence[Service]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Deal the services out, one to a line or as many as its quantity: `_differences` saw that it comes out even."""
    ids = iter(sorted(service.id for service in services))
    one_each = len(services) == len(lines)
    for line in lines:
        yield line.item_id, tuple(islice(ids, 1 if one_each else line.quantity))


def _differences(ordered: Lines, made: Services) -> Iterator[str]:
    """Say for each product what was ordered and what was made, where they differ."""
    for pid in sorted({pid for pid, _ in [*ordered, *made]}):
        wanted = {cycle: lines for (of, cycle), lines in ordered.items() if of == pid}
        found = {cycle: services for (of, cycle), services in made.items() if of == pid}
        other = {service.billing_cycle: None for cycle in found if cycle not in wanted for service in found[cycle]}
        if not wanted:
            yield f"product {pid} was not ordered, found {_count(sum(map(len, found.values())))}"
        elif other:
            spelled = ", ".join(quoted(cycle, 20) for cycle in other)
            yield f"product {pid} was ordered {', '.join(wanted)}, found billing cycle {spelled}"
        else:
            yield from _miscounts(pid, wanted, found)


def _miscounts(pid: int, wanted: Mapping[str, list[ProductLine]], found: Mapping[str, list[Service]]) -> Iterator[str]:
    for cycle, lines in wanted.items():
        possible = sorted({len(lines), sum(line.quantity for line in lines)})
        count = len(found.get(cycle, ()))
        if count not in possible:
            yield f"product {pid} {cycle}: expected {' or '.join(map(str, possible))}, found {_count(count)}"


def _count(services: int) -> str:
    return f"{services} service{'' if services == 1 else 's'}"


def _name(services: Sequence[Service]) -> str:
    return f"WHMCS order {services[0].order_id}" if services else "The WHMCS order"
