-- Photos taken on this device, whole, until they are erased. What a node holds of one is asked anew each time: nothing
-- is remembered of what was sent.
CREATE TABLE blob (
    game_no INTEGER NOT NULL REFERENCES game (game_no) ON DELETE CASCADE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    content BLOB NOT NULL,
    kept_at_ms INTEGER NOT NULL,
    PRIMARY KEY (game_no, hash)
);
