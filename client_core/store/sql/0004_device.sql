-- What a device knows of itself. Every secret of it is in this file: whoever copies the file is the device.

-- Keys by the place they are shown at: origin and tenant. A key is kept before anybody hears of it, so a device whose
-- answer was lost joins again as the same device.
CREATE TABLE device_key (
    place TEXT NOT NULL PRIMARY KEY,
    seed BLOB NOT NULL CHECK (length(seed) = 32)
);

CREATE TABLE membership (
    game_no INTEGER PRIMARY KEY REFERENCES game (game_no) ON DELETE CASCADE,
    seed BLOB NOT NULL CHECK (length(seed) = 32),
    team BLOB NOT NULL CHECK (length(team) = 16),
    team_number INTEGER NOT NULL,
    team_name TEXT NOT NULL,
    incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
    joined_at_ms INTEGER NOT NULL
);

-- Nodes met or to be met. `position` orders the upstreams to try; NULL: met, but none of them.
CREATE TABLE peer (
    game_no INTEGER NOT NULL REFERENCES game (game_no) ON DELETE CASCADE,
    url TEXT NOT NULL,
    position INTEGER,
    store BLOB NOT NULL DEFAULT x'',
    epoch BLOB NOT NULL DEFAULT x'',
    doubted INTEGER NOT NULL DEFAULT 0,  -- restored, and not seen with equal roots since
    clock_ahead_ms INTEGER,              -- how far this device's clock was ahead of the node's
    synced_at_ms INTEGER,
    failed_at_ms INTEGER,
    failed_code TEXT NOT NULL DEFAULT '',
    failed_detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (game_no, url)
);
