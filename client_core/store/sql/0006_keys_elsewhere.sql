-- In a browser the private key is kept by the platform, where nothing can read it: the file knows the public key only.
CREATE TABLE membership_now (
    game_no INTEGER PRIMARY KEY REFERENCES game (game_no) ON DELETE CASCADE,
    seed BLOB CHECK (length(seed) = 32),              -- NULL: the key is kept elsewhere
    public_key BLOB CHECK (length(public_key) = 32),  -- NULL: it follows from the seed
    team BLOB NOT NULL CHECK (length(team) = 16),
    team_number INTEGER NOT NULL,
    team_name TEXT NOT NULL,
    incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
    joined_at_ms INTEGER NOT NULL,
    CHECK ((seed IS NULL) <> (public_key IS NULL))
);

INSERT INTO membership_now (game_no, seed, team, team_number, team_name, incarnation, joined_at_ms)
SELECT game_no, seed, team, team_number, team_name, incarnation, joined_at_ms FROM membership;

DROP TABLE membership;

ALTER TABLE membership_now RENAME TO membership;
