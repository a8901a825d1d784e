-- The logs of the games a node holds. Events are keyed by where they stand, never by a random id: an index on ids would
-- make every insert land on a page of its own.

CREATE TABLE log (
    game_no INTEGER PRIMARY KEY REFERENCES game (game_no) ON DELETE CASCADE,
    store_id BLOB NOT NULL CHECK (length(store_id) = 16),
    restore_epoch BLOB NOT NULL CHECK (length(restore_epoch) = 16),
    commit_seq INTEGER NOT NULL
);

-- `state` is the stream's branches and gaps in MessagePack (`event_log`).
CREATE TABLE stream (
    stream_no INTEGER PRIMARY KEY,
    game_no INTEGER NOT NULL REFERENCES log (game_no) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 32),
    public_key BLOB NOT NULL,
    incarnation BLOB NOT NULL,
    audience BLOB NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (game_no, id)
);

CREATE TABLE event (
    stream_no INTEGER NOT NULL REFERENCES stream (stream_no) ON DELETE CASCADE,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    payload BLOB,  -- NULL: a gap
    seed BLOB,
    salt BLOB,     -- where the seed was withdrawn
    PRIMARY KEY (stream_no, branch, seq)
) WITHOUT ROWID;

CREATE TABLE signature (
    stream_no INTEGER NOT NULL REFERENCES stream (stream_no) ON DELETE CASCADE,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (stream_no, branch, seq)
) WITHOUT ROWID;

CREATE TABLE statement (
    game_no INTEGER NOT NULL REFERENCES log (game_no) ON DELETE CASCADE,
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (game_no, id)
) WITHOUT ROWID;

-- The furthest receipt of each level and store on each branch; `body` is the receipt in MessagePack.
CREATE TABLE receipt (
    game_no INTEGER NOT NULL REFERENCES log (game_no) ON DELETE CASCADE,
    stream BLOB NOT NULL,
    store BLOB NOT NULL,
    level INTEGER NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (game_no, stream, store, level, head)
) WITHOUT ROWID;
