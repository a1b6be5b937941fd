"""How the row of features of a meaning is to be read: as it stands, or as an image, a graph or a set.

`World.features` always gives one flat row of numbers a meaning; its form says what these numbers are, for agents whose
encoder looks at an image, a graph or a set as such.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from emcomm.errors import BadInput, shown

__all__ = ["Flat", "Form", "Graph", "Image", "Set"]


@dataclass(frozen=True)
class _Form:
    """Base of forms: every field is a whole number from 1."""

    def __post_init__(self) -> None:
        for field in fields(self):
            number = getattr(self, field.name)
            if type(number) is not int or number < 1:
                where = f"{type(self).__name__}: {field.name}"
                raise BadInput(f"{where} must be a whole number from 1, got {shown(number)}")


@dataclass(frozen=True)
class Flat(_Form):
    """A row of numbers without further structure.

    Args:
        width: how many numbers there are.

    Raises:
        BadInput: something else than a whole number from 1.
    """

    width: int


@dataclass(frozen=True)
class Image(_Form):
    """An image: ``row.reshape(channels, height, breadth)``, one channel after the other, each from the top left.

    Args:
        channels: numbers of a pixel, 3 for red, green and blue.
        height: pixels from top to bottom.
        breadth: pixels from left to right.

    Raises:
        BadInput: something else than whole numbers from 1.
    """

    channels: int
    height: int
    breadth: int

    @property
    def width(self) -> int:
        """How many numbers a row has: channels x height x breadth, not the breadth alone."""
        return self.channels * self.height * self.breadth


@dataclass(frozen=True)
class Graph(_Form):
    """A graph: the features of its nodes ``[nodes, node_features]``, then its adjacency matrix ``[nodes, nodes]``.

    Args:
        nodes: how many nodes there are.
        node_features: numbers of a node.

    Raises:
        BadInput: something else than whole numbers from 1.
    """

    nodes: int
    node_features: int

    @property
    def width(self) -> int:
        """How many numbers a row has: nodes x (node features + nodes)."""
        return self.nodes * (self.node_features + self.nodes)


@dataclass(frozen=True)
class Set(_Form):
    """A set: the features of its members ``[members, member_features]``, whose order says nothing.

    Args:
        members: how many members there are.
        member_features: numbers of a member.

    Raises:
        BadInput: something else than whole numbers from 1.
    """

    members: int
    member_features: int

    @property
    def width(self) -> int:
        """How many numbers a row has: members x member features."""
        return self.members * self.member_features


Form = Flat | Image | Graph | Set
"""Any of the four."""
