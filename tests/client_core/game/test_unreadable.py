"""Bytes that claim more than any machine holds are refused by name, also where numbers are of 32 bits (in Pyodide)."""

from __future__ import annotations

import pytest

from client_core.game.actions import Malformed, decode_action, decode_actions
from client_core.game.content import PackageError, decode_package

HUGE = [0x3FFFFFFF, 0x40000000, 0x55555555, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


@pytest.mark.parametrize("claimed", HUGE)
@pytest.mark.parametrize("marker", [0xC6, 0xDB, 0xDD, 0xDF])
def test_a_payload_that_claims_billions_of_elements_is_malformed_and_blocks_no_other(marker: int, claimed: int) -> None:
    huge = b"\x94\x02\x00\xc0" + bytes([marker]) + claimed.to_bytes(4, "big") + b"\x01" * 20
    assert isinstance(decode_action(huge), Malformed)
    finish = b"\x92\x02\x0a"
    assert [type(one).__name__ for one in decode_actions([huge, finish])] == ["Malformed", "Finish"]


@pytest.mark.parametrize("claimed", HUGE)
def test_a_package_that_claims_billions_of_parts_is_malformed(claimed: int) -> None:
    with pytest.raises(PackageError) as error:
        decode_package(b"\x93\x01\x01\xdf" + claimed.to_bytes(4, "big"))
    assert error.value.code == "package_malformed"
