"""Few sessions begin in each turn of the event loop, in the order in which they came; what can wait does."""

from __future__ import annotations

import asyncio

from server.turns import Turns


async def begin(turns: Turns, number: int, began: list[int]) -> None:
    async with turns:
        began.append(number)


def test_so_many_begin_in_a_turn_and_the_others_in_the_next_in_their_order() -> None:
    async def main() -> None:
        turns, began, seen = Turns(4), [], []
        tasks = [asyncio.create_task(begin(turns, number, began)) for number in range(10)]
        while len(began) < 10:
            await asyncio.sleep(0)
            seen.append(len(began))
        await asyncio.gather(*tasks)
        assert began == list(range(10))
        grown = [after - before for before, after in zip([0, *seen], seen, strict=False)]
        assert max(grown) == 4, grown

    asyncio.run(main())


def test_who_comes_when_it_is_quiet_does_not_wait() -> None:
    async def main() -> None:
        turns = Turns(2)
        for _ in range(3):
            began: list[int] = []
            for number in range(2):
                coroutine = begin(turns, number, began)
                try:
                    coroutine.send(None)
                except StopIteration:
                    continue
            assert began == [0, 1]
            for _ in range(3):
                await asyncio.sleep(0)

    asyncio.run(main())


def test_who_gave_up_waiting_takes_nobodys_place() -> None:
    async def main() -> None:
        turns, began = Turns(1), []
        tasks = [asyncio.create_task(begin(turns, number, began)) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert began == [0, 3]

    asyncio.run(main())


def test_what_lets_others_go_first_waits_for_the_last_session_and_not_for_ever() -> None:
    async def main() -> None:
        turns, over = Turns(1), asyncio.Event()

        async def session() -> None:
            async with turns:
                await over.wait()

        tasks = [asyncio.create_task(session()) for _ in range(3)]
        await asyncio.sleep(0)
        started = asyncio.get_running_loop().time()
        await turns.quiet(0.05)
        assert asyncio.get_running_loop().time() - started >= 0.04
        tasks[2].cancel()  # it waits for its turn and gives up
        waiting = asyncio.create_task(turns.quiet(60))
        await asyncio.sleep(0)
        assert not waiting.done()
        over.set()
        await asyncio.wait_for(waiting, 5)
        assert all(task.done() for task in tasks[:2])
        await asyncio.wait_for(turns.quiet(60), 5)

    asyncio.run(main())
