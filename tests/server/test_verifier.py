"""Signatures verified in a process beside the event loop, or in the loop: with the same answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from nodes import key_of
from served import Device, found_tenant, served

from server.verifier import Verifier
from sync.ed25519 import SignatureCheck

HIRED = """
import asyncio, os, signal, sys
sys.path[:0] = sys.argv[1:]
from server import hired as hiring, verifier
from test_verifier import checks_of

hiring.cores = lambda: 2  # on a machine of one core nothing would be hired
hired = verifier.Verifier.hired()
assert hired._link is not None

async def main():
    for _ in range(3):  # a turn of the loop brings several, and the next come before the answer is there
        wanted = [checks_of(number) for number in range(40)]
        answers = await asyncio.gather(*(hired.verify(checks) for checks, _ in wanted))
        assert list(answers) == [good for _, good in wanted]
    many = [asyncio.create_task(hired.verify(checks_of(1)[0])) for _ in range(2 * verifier.PIECE_CHECKS + 1)]
    await asyncio.sleep(0)
    assert len(hired._asked) == 2 * verifier.PIECE_CHECKS, "it works while the loop is still in the same turn"
    await asyncio.gather(*many)
    large = [one for number in range(300) for one in checks_of(number % 7 + 1)[0]]
    first = asyncio.create_task(hired.verify(large))
    given_up = asyncio.create_task(hired.verify(checks_of(5)[0]))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await hired.verify(checks_of(3)[0]) == checks_of(3)[1]
    assert len(await first) == len(large)
    waiting = [asyncio.create_task(hired.verify(checks_of(number)[0])) for number in range(5)]
    await asyncio.sleep(0)
    os.kill(int(os.popen(f"pgrep -P {os.getpid()}").read().split()[0]), signal.SIGKILL)
    assert [await task for task in waiting] == [checks_of(number)[1] for number in range(5)]
    assert await hired.verify(checks_of(3)[0]) == checks_of(3)[1]
    hired.close()
    print("all as in the loop")

asyncio.run(main())
"""


HANGS = """
import asyncio, os, signal, sys
sys.path[:0] = sys.argv[1:]
from server import hired as hiring, verifier
from test_verifier import checks_of

hiring.cores = lambda: 2
verifier.WITHIN_S = 0.3
hired = verifier.Verifier.hired()
child = int(os.popen(f"pgrep -P {os.getpid()}").read().split()[0])

async def main():
    assert await hired.verify(checks_of(4)[0]) == checks_of(4)[1]
    await asyncio.sleep(0.5)
    assert hired._link is not None, "one that answered is not overdue"
    os.kill(child, signal.SIGSTOP)
    assert await asyncio.wait_for(hired.verify(checks_of(5)[0]), 20) == checks_of(5)[1]
    assert hired._link is None
    os.kill(child, signal.SIGKILL)
    print("all as in the loop")

asyncio.run(main())
"""


def checks_of(number: int) -> tuple[list[SignatureCheck], tuple[bool, ...]]:
    """So many signatures, every third of them bad in one way or another, and what is to be said of them."""
    checks, good = [], []
    for turn in range(number):
        key, message = key_of(f"player {turn % 3}"), b"%d of %d" % (turn, number)
        signature = key.sign(message)
        if turn % 3 == 2:
            signature = bytes(64) if turn % 2 else key_of("somebody else").sign(message)
        checks.append(SignatureCheck(key.public_key, message, signature))
        good.append(turn % 3 != 2)
    return checks, tuple(good)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is hired where processes do not fork")
def test_a_hired_process_says_what_the_loop_would_and_its_death_costs_nobody_an_answer() -> None:
    assert_runs(HIRED)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is hired where processes do not fork")
def test_a_hired_process_that_hangs_keeps_nobody_waiting() -> None:
    assert_runs(HANGS)


def assert_runs(script: str) -> None:
    """In an interpreter of its own: what forks may not have been run by threads."""
    here = Path(__file__).parent
    paths = [str(here), str(here.parent / "support")]
    ran = subprocess.run(
        [sys.executable, "-c", script, *paths], check=False, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "all as in the loop\n", ran.stderr


def test_without_a_process_the_loop_verifies() -> None:
    checks, good = checks_of(7)
    session = Verifier().verify(checks)
    with pytest.raises(StopIteration) as done:
        session.send(None)
    assert done.value.value == good


def test_a_server_goes_on_without_its_verifier_and_takes_it_along_when_it_is_killed(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False, timeout=60) as client:
        device = Device(client, "phone", node.url).join(code)
        device.check_in("A")
        assert device.sync().converged
        for pid in children_of(node.process.pid):
            os.kill(pid, signal.SIGKILL)
        device.check_in("B")
        assert device.sync().converged
        assert node.health()
    with served(tmp_path / "hq") as node:
        hired = children_of(node.process.pid)
        node.process.kill()
        node.process.wait()
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in hired) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not any(Path(f"/proc/{pid}").exists() for pid in hired)


def children_of(pid: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
