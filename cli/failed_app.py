"""The commands of `provision failed`; each is imported only when it is called."""

from typing import Annotated

import typer

app = typer.Typer(help="See, retry and resolve the orders that could not be done.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document on stdout.")]
Code = Annotated[str | None, typer.Option("--code", metavar="CODE", help="Only failures with this error code.")]
OrderIds = Annotated[list[str], typer.Argument(metavar="ORDER_ID...", help="Salesforce order ids.")]


@app.command("list")
def list_(code: Code = None, as_json: Json = False) -> None:
    """List the failed orders that nobody has resolved, oldest first."""
    from cli.failed import list_failed  # noqa: PLC0415 - see the module's docstring

    list_failed(code=code, as_json=as_json)


@app.command()
def show(
    order_id: Annotated[str, typer.Argument(metavar="ORDER_ID", help="The Salesforce order id.")],
    as_json: Json = False,
) -> None:
    """Show all about one failed order: what both sides say, and its story."""
    from cli.failed import show_failed  # noqa: PLC0415 - see the module's docstring

    show_failed(order_id, as_json=as_json)


@app.command()
def retry(
    order_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ORDER_ID]...", help="Salesforce order ids; none: all that failed.")
    ] = None,
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Run failed orders again, from the top: those named, or all, or all with one code."""
    from cli.failed_actions import retry_failed  # noqa: PLC0415 - see the module's docstring

    retry_failed(order_ids or [], code=code, as_json=as_json)


@app.command()
def resolve(
    order_ids: OrderIds,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stands in the order's story.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: who is logged in.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Close failures without another run: done by hand, or not wanted any more."""
    from cli.failed_actions import resolve_failed  # noqa: PLC0415 - see the module's docstring

    resolve_failed(order_ids, why=why, by=by, as_json=as_json)
