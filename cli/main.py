"""`provision`: the command line of the service.

Each command lives in a file of its own and is imported only when it is called, so that `--help` is quick.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 not found, 4 already being worked on, 5 not reachable.
"""

from pathlib import Path
from typing import Annotated

import typer

from cli.failed_app import app as failed_app
from cli.output import Exit, fail

app = typer.Typer(
    name="provision",
    help="Turn approved Salesforce orders into accepted WHMCS orders.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 not found, 4 already being worked on, "
    "5 not reachable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)

app.add_typer(failed_app, name="failed")

# An empty metavar: a flag takes no value, and help must not look as if it did.
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document on stdout.")]

OrderId = Annotated[str, typer.Argument(metavar="ORDER_ID", help="The Salesforce order id, 15 or 18 characters.")]


@app.command()
def status(order_id: OrderId, as_json: Json = False) -> None:
    """Show where an order stands: what Salesforce says, what we remember, and its story stage by stage."""
    from cli.status import show_status  # noqa: PLC0415 - see the module's docstring

    show_status(order_id, as_json=as_json)


@app.command()
def run(order_id: OrderId, as_json: Json = False) -> None:
    """Start a run of an order by hand, from the top; safe at any time and as often as you like."""
    from cli.run import start_run  # noqa: PLC0415 - see the module's docstring

    start_run(order_id, as_json=as_json)


@app.command()
def publish(
    order_ids: Annotated[
        list[str], typer.Argument(metavar="ORDER_ID", help="Salesforce order ids, 15 or 18 characters.")
    ],
    as_json: Json = False,
) -> None:
    """Publish the event that Salesforce publishes when an order is approved, for one order or several."""
    from cli.publish import publish_events  # noqa: PLC0415 - see the module's docstring

    publish_events(order_ids, as_json=as_json)


@app.command()
def settings(as_json: Json = False) -> None:
    """Show every setting: its value, where it comes from, what it means; secrets are masked."""
    from cli.settings import show_settings  # noqa: PLC0415 - see the module's docstring

    show_settings(as_json=as_json)


@app.command()
def sandbox(
    http_port: Annotated[
        int,
        typer.Option(min=0, max=65535, metavar="PORT", help="Port of Salesforce REST and WHMCS; 0 takes a free one."),
    ] = 0,
    grpc_port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Port of the Pub/Sub API; 0 takes a free one.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of all chance in it.")] = 1,
    env_file: Annotated[Path | None, typer.Option(help="Write the settings that reach it to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Run a Salesforce and a WHMCS in a box on this machine, until Ctrl-C."""
    try:
        from cli.sandbox import run_sandbox  # noqa: PLC0415 - see the module's docstring
    except ModuleNotFoundError as missing:
        # It is for development: its web server is not among what a deployment installs.
        fail(
            f"The sandbox needs {missing.name}: pip install -r requirements-dev.txt", code=Exit.FAILED, as_json=as_json
        )
    run_sandbox(http_port=http_port, grpc_port=grpc_port, seed=seed, env_file=env_file, as_json=as_json)


@app.command()
def demo(
    orders: Annotated[int, typer.Option(min=1, metavar="COUNT", help="How many orders.")] = 40,
    seed: Annotated[int, typer.Option(help="Seed of all chance in it.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", metavar="", help="End when the orders have ended.")] = False,
    folder: Annotated[Path, typer.Option(help="Where logs and settings of the running demo go.")] = Path(".dev"),
    as_json: Json = False,
) -> None:
    """Show the service at work on this machine: Valkey, the sandbox, every process, and orders of every kind.

    Exit code 0: every order ended as it had to.
    """
    from cli.demo import run_demo  # noqa: PLC0415 - see the module's docstring

    run_demo(orders=orders, seed=seed, leave=leave, folder=folder, as_json=as_json)


def main() -> None:
    """Run the command line."""
    app()
