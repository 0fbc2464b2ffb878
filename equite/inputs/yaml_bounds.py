"""How large a file of YAML may be: what aliases repeat counts each time, and a circle of them never ends."""

from __future__ import annotations

import yaml

from equite.inputs.bounds import MOST_DEPTH, MOST_NODES

__all__ = ["is_beyond_bounds"]


def is_beyond_bounds(root: yaml.Node) -> bool:
    """Tell whether a tree holds more nodes than a file may, or lies deeper, with every alias written out.

    Each node is counted once, whatever the number of aliases to it: the time is that of the file, not of what it
    stands for.
    """
    sizes: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()
    waiting: list[tuple[yaml.Node, bool]] = [(root, False)]
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            open_nodes.discard(id(node))
            below = [sizes[id(child)] for child in _children(node)]
            size = 1 + sum(each[0] for each in below)
            depth = 1 + max((each[1] for each in below), default=0)
            if size > MOST_NODES or depth > MOST_DEPTH:
                return True
            sizes[id(node)] = size, depth
        elif id(node) in open_nodes:
            return True
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            waiting.append((node, True))
            waiting.extend((child, False) for child in _children(node))
    return False


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
