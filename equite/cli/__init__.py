"""The command line. All that it says, help included, exists in every language."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from equite import wording
from equite.cli.commands import COMMANDS, Tongue
from equite.cli.session import Asked, leave_quietly
from equite.wording import LOCALES, Language, preferred_language

__all__ = ["application", "main"]

#: What stands for a sign that a console's encoding lacks.
_NEAREST = {
    "−": "-",
    "–": "-",
    "—": "-",
    "─": "-",
    "…": "...",
    "→": "->",
    "∞": "inf",
    "≥": ">=",
    "≤": "<=",
    "≠": "<>",
    "×": "x",
    "÷": "/",
    "’": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "œ": "oe",
    "Œ": "OE",
    "€": "EUR",
    "\u00a0": " ",
    "\u202f": " ",
}


def _shown_version(wanted: bool) -> None:
    if wanted:
        # The package is loaded, for this module is in it.
        typer.echo(f"equite {vars(sys.modules['equite'])['__version__']}")
        raise typer.Exit


def _root(
    context: typer.Context,
    language: Tongue = None,
    load: Annotated[list[Path] | None, typer.Option("--load")] = None,
    root: Annotated[Path | None, typer.Option("--root")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_shown_version, is_eager=True)] = False,
) -> None:
    context.obj = Asked(language, tuple(load or ()), root)


def application(language: Language | None = None) -> typer.Typer:
    """Build the command line, its help in one language.

    Parameters
    ----------
    language : str, optional
        By default that of the machine's user.

    Returns
    -------
    typer.Typer
        Every command, ready to be called.
    """
    spoken = language or preferred_language()
    settings: dict[str, Any] = {"cls": _group(spoken), "no_args_is_help": True, "add_completion": False}
    panel = wording.say("cli-panel-commands", spoken)
    root = typer.Typer(
        name="equite", help=wording.say("cli-help-equite", spoken), pretty_exceptions_enable=False, **settings
    )
    root.callback()(_root)
    for group, commands in COMMANDS.items():
        into = root
        if group:
            into = typer.Typer(name=group, help=wording.say(f"cli-help-{group}", spoken), **settings)
            root.add_typer(into, rich_help_panel=panel)
        for name, function in commands.items():
            told = wording.say(f"cli-help-{group}-{name}" if group else f"cli-help-{name}", spoken)
            into.command(name, help=told, cls=_command(spoken), rich_help_panel=panel)(function)
    return root


def _command(language: Language) -> type[TyperCommand]:
    class Command(TyperCommand):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            _word(self.params, language)

        def get_help_option(self, ctx: Any) -> Any:
            return _worded_help(super().get_help_option(ctx), language)

    return Command


def _group(language: Language) -> type[TyperGroup]:
    class Group(TyperGroup):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            _word(self.params, language)

        def get_help_option(self, ctx: Any) -> Any:
            return _worded_help(super().get_help_option(ctx), language)

    return Group


def _word(parameters: Sequence[Any], language: Language) -> None:
    """Return parameters their help and what stands for their value."""
    for parameter in parameters:
        parameter.help = wording.say(f"cli-param-{parameter.name}", language)
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.name != "language":
            parameter.metavar = wording.say(f"cli-metavar-{parameter.name}", language)


def _worded_help(option: Any, language: Language) -> Any:
    if option is not None:
        option.help = wording.say("cli-param-help", language)
        option.metavar = ""
    return option


def _approached(error: UnicodeError) -> tuple[str, int]:
    """Write what a console's encoding lacks with the nearest signs that it has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    near = str.maketrans(_NEAREST)
    text = error.object[error.start : error.end].translate(near)
    # Where accents are lacking, the letters without them are read more easily than question marks.
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return text.encode(error.encoding, "replace").decode(error.encoding), error.end


def _asked_language(arguments: Sequence[str]) -> Language | None:
    """Find ``--language`` before anything is parsed, so that help and usage speak it too."""
    for at, argument in enumerate(arguments):
        given = arguments[at + 1 : at + 2] if argument == "--language" else [argument.removeprefix("--language=")]
        if argument.startswith("--language") and given and given[0] in LOCALES:
            return given[0]
    return None


def main() -> None:
    """Run the command line: exit code 0 if all is well, 1 if what was given is wrong, 2 if it was called wrongly."""
    codecs.register_error("equite", _approached)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="equite")
    try:
        application(_asked_language(sys.argv[1:]))(prog_name="equite")
    except BrokenPipeError:
        leave_quietly()
    except KeyboardInterrupt:
        sys.exit(130)
