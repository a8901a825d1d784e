-- What an erasure still has to do beside emptying rows: `blob` is the hash of a photo whose file goes; the empty one
-- stands while bytes may be left in this file's free pages, in the slack of its pages, or in the write-ahead log.

CREATE TABLE scrub_due (
    blob BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
