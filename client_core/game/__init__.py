"""The rule book's first chapter: what a game is, what people do in it, and what that is worth.

What it is: plain functions over frozen values. A package (`content`) says what
the game is, actions (`actions`) say what happened, `judging` gives one action
its verdict, `scoring` folds a team's events into a result, `standings` orders
the results. `visits` walks GPS fixes through the fences; `publish` turns a draft
into a package.

What it is not: it opens nothing, reads no clock, rolls no dice.

What always holds: integers only (but for `publish`, which runs once), so that
every platform computes the same result from the same events, whatever order
they came in and however often.
"""
