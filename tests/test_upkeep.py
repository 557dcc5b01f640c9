from __future__ import annotations

from qa.folders.upkeep import Upkeep


def test_what_goes_on_changing_is_told() -> None:
    read: list[None] = []
    upkeep = Upkeep(lambda: ("log.txt",), lambda: read.append(None), lambda: False)
    assert upkeep.wait() == ("log.txt",)
    assert len(read) == 2


def test_what_is_read_in_the_second_round_is_not() -> None:
    changed = [(), ("b.txt",), ("a.txt", "b.txt")]
    assert Upkeep(lambda: changed.pop(), lambda: None, lambda: False).wait() == ()
    assert changed == []
