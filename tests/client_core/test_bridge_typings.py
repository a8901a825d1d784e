"""The web app's typings of the bridge are what the table of calls says.

python tests/client_core/test_bridge_typings.py     writes server/web/player/bridge.d.ts anew
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from client_core import calls
from client_core.bridge import CALLS
from client_core.transports.fetch import Fetched

PAGE = Path(__file__).resolve().parents[2] / "server" / "web" / "player" / "bridge.d.ts"
HEAD = """// What crosses the bridge, from the structs of client_core/calls.py and the table in client_core/bridge.py.
// Written anew by: python tests/client_core/test_bridge_typings.py
"""
PLAIN = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.BoolType: "boolean",
    inspect.BytesType: "Uint8Array",
    inspect.NoneType: "null",
    inspect.AnyType: "unknown",
    inspect.RawType: "unknown",
}


class Typings:
    """The declarations, each struct once, in the order they are met."""

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}

    def of(self, kind: inspect.Type) -> str:  # noqa: PLR0911 - one answer a kind of type
        """A type as TypeScript writes it."""
        plain = PLAIN.get(type(kind))
        if plain is not None:
            return plain
        if isinstance(kind, inspect.Metadata):
            return self.of(kind.type)
        if isinstance(kind, inspect.UnionType):
            return " | ".join(dict.fromkeys(self.of(one) for one in kind.types))
        if isinstance(kind, inspect.LiteralType):
            return " | ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in kind.values)
        if isinstance(kind, inspect.EnumType):
            return " | ".join(self.value(one) for one in kind.cls)
        if isinstance(kind, inspect.VarTupleType | inspect.ListType):
            return f"ReadonlyArray<{self.of(kind.item_type)}>"
        if isinstance(kind, inspect.TupleType):
            return f"readonly [{', '.join(self.of(one) for one in kind.item_types)}]"
        if isinstance(kind, inspect.DictType):
            return f"Readonly<Record<{self.of(kind.key_type)}, {self.of(kind.value_type)}>>"
        assert isinstance(kind, inspect.StructType), kind
        return self.struct(kind)

    @staticmethod
    def value(one: Enum) -> str:
        return f'"{one.value}"' if isinstance(one.value, str) else str(one.value)

    def struct(self, kind: inspect.StructType) -> str:
        """The name of a struct's declaration."""
        name = kind.cls.__name__
        if kind.array_like:
            return f"readonly [{', '.join(self.of(field.type) for field in kind.fields)}]"
        if name not in self.declared:
            self.declared[name] = ""
            # What msgspec writes is always whole; what it reads may lack what has a default.
            asked = kind.cls in {call.asked for call in CALLS.values()} | {Fetched}
            lines = [f"  {f.name}{'?' if asked and not f.required else ''}: {self.of(f.type)};" for f in kind.fields]
            if kind.tag is not None:
                lines.insert(0, f'  {kind.tag_field}: "{kind.tag}";')
            said = (kind.cls.__doc__ or "").split("\n")[0]
            self.declared[name] = (
                f"/** {said} */\nexport interface {name} {{\n" + "".join(f"{x}\n" for x in lines) + "}\n"
            )
        return name


def typings() -> str:
    """The whole file."""
    made = Typings()
    rows = [
        f'  "{name}": {{ asked: {made.of(inspect.type_info(call.asked))};'
        f" answered: {made.of(inspect.type_info(call.answered))} }};\n"
        for name, call in CALLS.items()
    ]
    steps = [made.of(inspect.type_info(step)) for step in (calls.Done, calls.Failed, calls.Asked)]
    made.of(inspect.type_info(Fetched))
    return "\n".join(
        [
            HEAD,
            *in_order(made.declared.values()),
            f"/** What a call comes to, or asks for. */\nexport type Step = {' | '.join(steps)};\n",
            f"/** Every call there is. */\nexport interface Calls {{\n{''.join(rows)}}}\n",
        ]
    )


def in_order(declarations: Iterable[str]) -> list[str]:
    return sorted(declarations, key=lambda text: text.split("interface ")[1])


def test_the_typings_of_the_web_app_are_current() -> None:
    assert PAGE.read_text("utf-8") == typings(), "write them anew: python tests/client_core/test_bridge_typings.py"


@pytest.mark.parametrize("name", CALLS)
def test_a_call_answers_with_the_struct_its_row_names(name: str) -> None:
    call = CALLS[name]
    assert issubclass(call.asked, msgspec.Struct)
    assert f'"{name}"' in typings()


if __name__ == "__main__":
    PAGE.write_text(typings(), "utf-8")
