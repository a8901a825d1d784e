-- What photos are here is asked at every look at the game, and a row of `blob` hides its time behind the whole picture.
CREATE INDEX blob_by_time ON blob (game_no, kept_at_ms, hash);
