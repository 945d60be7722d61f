-- On which days a memory went into a context or an answer: what is never used counts for less in time. Statistics, not history: an
-- export leaves them out, and they go with their memory. `day` counts from 1970-01-01 UTC.
CREATE TABLE uses (owner INTEGER NOT NULL, memory TEXT NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (memory, day)) WITHOUT ROWID;
CREATE INDEX uses_by_owner ON uses (owner, day);
