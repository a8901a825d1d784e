-- A row while something was erased whose bytes may still stand in free pages, in slack or in the write-ahead log.
CREATE TABLE scrub_due (
    no INTEGER PRIMARY KEY CHECK (no = 1)
);
