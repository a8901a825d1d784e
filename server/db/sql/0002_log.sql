-- The logs of a tenant's games. Events are keyed by where they stand, never by a random id:
-- an index on ids would make every insert land on a page of its own.

CREATE TABLE log (
    game_no INTEGER NOT NULL PRIMARY KEY REFERENCES game (no),
    store_id BLOB NOT NULL,
    restore_epoch BLOB NOT NULL,
    commit_seq INTEGER NOT NULL,
    healing INTEGER NOT NULL  -- 1: came back from a backup and has not heard yet what it lost
) STRICT;

CREATE TABLE stream (
    no INTEGER NOT NULL PRIMARY KEY,
    game_no INTEGER NOT NULL REFERENCES log (game_no),
    id BLOB NOT NULL,
    public_key BLOB NOT NULL,
    incarnation BLOB NOT NULL,
    audience BLOB NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (game_no, id)
) STRICT;

CREATE TABLE event (
    stream_no INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    payload BLOB,
    seed BLOB,
    salt BLOB,
    PRIMARY KEY (stream_no, branch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE signature (
    stream_no INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (stream_no, branch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
    game_no INTEGER NOT NULL REFERENCES log (game_no),
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (game_no, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt (
    game_no INTEGER NOT NULL REFERENCES log (game_no),
    stream BLOB NOT NULL,
    store BLOB NOT NULL,
    level INTEGER NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (game_no, stream, store, level, head)
) STRICT, WITHOUT ROWID;
