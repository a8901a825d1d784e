-- The cold tables of a tenant's file: who it is, what it published, who may join.

CREATE TABLE tenant (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    root_public BLOB NOT NULL,
    root_seed BLOB,
    authority_epoch INTEGER NOT NULL,
    node_seed BLOB NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
    slug TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    source BLOB NOT NULL,
    imported_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE package (
    hash BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE game (
    no INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    package_hash BLOB NOT NULL,
    published_at_ms INTEGER NOT NULL,
    team_number_first INTEGER NOT NULL
) STRICT;

CREATE INDEX ix_game_slug ON game (slug);

CREATE TABLE edge_code (
    game_no INTEGER NOT NULL REFERENCES game (no),
    hash BLOB NOT NULL,
    hint TEXT NOT NULL,
    enrolments_max INTEGER NOT NULL,
    team_number_first INTEGER NOT NULL,
    edge_key BLOB,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (game_no, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE join_use (
    game_no INTEGER NOT NULL REFERENCES game (no),
    public_key BLOB NOT NULL,
    code_hash BLOB NOT NULL,
    team BLOB NOT NULL,
    joined_at_ms INTEGER NOT NULL,
    PRIMARY KEY (game_no, public_key)
) STRICT, WITHOUT ROWID;
