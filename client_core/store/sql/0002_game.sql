-- The games a node plays, their packages as they came, and where their checkpoints are.

CREATE TABLE game (
    game_no INTEGER PRIMARY KEY,
    tenant BLOB NOT NULL CHECK (length(tenant) = 16),
    game BLOB NOT NULL CHECK (length(game) = 16),
    root_key BLOB CHECK (length(root_key) = 32),  -- the tenant's, pinned when the game was joined
    UNIQUE (tenant, game)
);

CREATE TABLE package (
    game_no INTEGER PRIMARY KEY REFERENCES game (game_no) ON DELETE CASCADE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    bytes BLOB NOT NULL
);

-- One row a checkpoint, never changed. `number` is its position in the package; `id` is never used again, so that what
-- was read of a row stays true. The geometry is its circle's centre or its polygon, the fence what the rule book decides
-- by, the box in units of 10^-7 degree what holds the fence (the whole circle, perhaps beyond 180 degrees).
CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    game_no INTEGER NOT NULL REFERENCES game (game_no) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    points INTEGER NOT NULL,
    radius_mm INTEGER,  -- NULL: a polygon
    lon_e7 INTEGER NOT NULL,
    lat_e7 INTEGER NOT NULL,
    west_e7 INTEGER NOT NULL,
    south_e7 INTEGER NOT NULL,
    east_e7 INTEGER NOT NULL,
    north_e7 INTEGER NOT NULL,
    fence BLOB NOT NULL,
    geometry BLOB NOT NULL,
    UNIQUE (game_no, number)
);

INSERT INTO geometry_columns VALUES ('checkpoint', 'geometry', 0, 2, 4326, 1);

-- SpatiaLite's index of the geometry, by its own name and columns; it serves "nearest" and "within r metres".
CREATE VIRTUAL TABLE idx_checkpoint_geometry USING rtree (pkid, xmin, xmax, ymin, ymax);

-- The fences, in exact integers; it serves "which fences contain me".
CREATE VIRTUAL TABLE idx_checkpoint_fence USING rtree_i32 (id, west_e7, east_e7, south_e7, north_e7);

-- Plain SQL on plain columns: whoever writes needs no extension and no function. A division of these integers by 1e7 is
-- the same double that stands in the BLOB.
CREATE TRIGGER checkpoint_inserted AFTER INSERT ON checkpoint BEGIN
    -- A fence that reaches the antimeridian is looked for all around: few do, and so one search finds them all.
    INSERT INTO idx_checkpoint_fence
    SELECT NEW.id, iif(around, -1800000000, NEW.west_e7), iif(around, 1800000000, NEW.east_e7), NEW.south_e7, NEW.north_e7
    FROM (SELECT NEW.west_e7 <= -1800000000 OR NEW.east_e7 >= 1800000000 AS around);
    INSERT INTO idx_checkpoint_geometry
    SELECT NEW.id, NEW.lon_e7 / 1e7, NEW.lon_e7 / 1e7, NEW.lat_e7 / 1e7, NEW.lat_e7 / 1e7
    WHERE NEW.radius_mm IS NOT NULL
    UNION ALL
    SELECT NEW.id, NEW.west_e7 / 1e7, NEW.east_e7 / 1e7, NEW.south_e7 / 1e7, NEW.north_e7 / 1e7
    WHERE NEW.radius_mm IS NULL;
END;

CREATE TRIGGER checkpoint_deleted AFTER DELETE ON checkpoint BEGIN
    DELETE FROM idx_checkpoint_fence WHERE id = OLD.id;
    DELETE FROM idx_checkpoint_geometry WHERE pkid = OLD.id;
END;

CREATE TRIGGER checkpoint_kept
BEFORE UPDATE OF id, game_no, number, radius_mm, lon_e7, lat_e7, west_e7, south_e7, east_e7, north_e7, fence, geometry
ON checkpoint BEGIN
    SELECT raise(ABORT, 'a checkpoint of a published game never moves');
END;
