-- The ledger (truth). Times are microseconds since 1970 UTC. An owner is a user, else an agent, else a session: every
-- table is partitioned by it, so that cost follows the scope that is asked.
CREATE TABLE owners (
    num INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,   -- grows with every commit of memories; guards consolidation
    revision INTEGER NOT NULL DEFAULT 0,  -- grows with every write; caches ask for rows above theirs
    epoch INTEGER NOT NULL DEFAULT 0,     -- grows with every erasure; caches start again
    UNIQUE (tenant, kind, key)
);
-- Which agents and sessions appear under which owner: lets a read that names only these find its owners.
CREATE TABLE parts (tenant TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL, owner INTEGER NOT NULL,
    PRIMARY KEY (tenant, part, key, owner)) WITHOUT ROWID;
CREATE INDEX parts_by_owner ON parts (owner);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('doc', 0);

CREATE TABLE episodes (
    id TEXT PRIMARY KEY, owner INTEGER NOT NULL, agent_id TEXT, session_id TEXT, recorded_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX episodes_by_owner ON episodes (owner);

CREATE TABLE messages (
    doc INTEGER PRIMARY KEY,
    id TEXT NOT NULL, episode TEXT NOT NULL, owner INTEGER NOT NULL, agent_id TEXT, session_id TEXT,
    role TEXT NOT NULL, name TEXT, content TEXT NOT NULL,
    said_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, metadata TEXT NOT NULL,
    dated INTEGER NOT NULL,     -- the caller gave the timestamp: an equal message at an equal time is a redelivery
    private INTEGER NOT NULL,   -- for its own session alone
    digest BLOB NOT NULL, words INTEGER NOT NULL, revision INTEGER NOT NULL,
    asks INTEGER NOT NULL       -- percentage of its words that only ask; -1: a standing instruction
);
CREATE INDEX messages_by_revision ON messages (owner, revision);
CREATE INDEX messages_by_id ON messages (owner, id);
CREATE INDEX messages_by_digest ON messages (owner, digest);
CREATE INDEX messages_by_session ON messages (owner, session_id, said_at);
CREATE INDEX messages_by_episode ON messages (episode);

-- One row a version. A version is never edited but for `retired_at`, when the next takes its place.
CREATE TABLE memories (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL, version INTEGER NOT NULL, doc INTEGER NOT NULL, owner INTEGER NOT NULL, agent_id TEXT, session_id TEXT,
    text TEXT NOT NULL, digest BLOB NOT NULL, kind TEXT NOT NULL, term TEXT NOT NULL, status TEXT NOT NULL,
    confidence REAL NOT NULL, importance REAL NOT NULL, subject TEXT NOT NULL,
    valid_from INTEGER NOT NULL, valid_to INTEGER, recorded_at INTEGER NOT NULL, retired_at INTEGER, expires_at INTEGER,
    said_at INTEGER NOT NULL,   -- of its newest source
    superseded_by TEXT NOT NULL, metadata TEXT NOT NULL, sources TEXT NOT NULL, claims TEXT NOT NULL,
    words INTEGER NOT NULL, revision INTEGER NOT NULL,
    drawn TEXT NOT NULL,        -- "doc:percent …": how much of which message its quotes cover
    UNIQUE (id, version)
);
CREATE INDEX memories_by_revision ON memories (owner, revision);
CREATE INDEX memories_by_doc ON memories (doc);
CREATE INDEX memories_by_digest ON memories (owner, digest);

-- Which messages a memory was ever drawn from.
CREATE TABLE evidence (message INTEGER NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (message, memory)) WITHOUT ROWID;
CREATE INDEX evidence_by_memory ON evidence (memory);

CREATE TABLE changes (
    num INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL, type TEXT NOT NULL, memory TEXT NOT NULL,
    before INTEGER, after INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
    cause TEXT NOT NULL, undoes TEXT NOT NULL, job TEXT NOT NULL
);
CREATE INDEX changes_by_memory ON changes (memory);
CREATE INDEX changes_by_owner ON changes (owner, at);
CREATE INDEX changes_by_cause ON changes (cause) WHERE cause <> '';
CREATE INDEX changes_by_undoes ON changes (undoes) WHERE undoes <> '';
CREATE INDEX changes_by_job ON changes (job);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY, episode TEXT NOT NULL, owner INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    error TEXT, next_at INTEGER, worker TEXT NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER,
    calls INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    dropped TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX jobs_by_state ON jobs (state) WHERE state NOT IN ('done', 'skipped');
CREATE INDEX jobs_by_owner ON jobs (owner);
CREATE INDEX jobs_by_episode ON jobs (episode);
-- Replies that were paid for; a replay reads them here.
CREATE TABLE calls (key TEXT NOT NULL, owner INTEGER NOT NULL, reply TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)) WITHOUT ROWID;
CREATE TABLE conflicts (  -- the inbox: pairs that no rule could settle
    id TEXT PRIMARY KEY, owner INTEGER NOT NULL, memory TEXT NOT NULL, other TEXT NOT NULL, reason TEXT NOT NULL,
    opened_at INTEGER NOT NULL, settled_at INTEGER
) WITHOUT ROWID;
CREATE INDEX conflicts_by_owner ON conflicts (owner);
CREATE INDEX conflicts_by_memory ON conflicts (memory);
CREATE INDEX conflicts_by_other ON conflicts (other);

-- What the projections have yet to be told. A row is taken out only by the revision that put it in.
CREATE TABLE dirty (projection TEXT NOT NULL, doc INTEGER NOT NULL, owner INTEGER NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (doc, projection)) WITHOUT ROWID;
CREATE INDEX dirty_by_owner ON dirty (owner, projection, doc);

-- The embedded projections: disposable, rebuilt from the tables above.
CREATE TABLE spaces (num INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dimensions INTEGER NOT NULL);
CREATE TABLE vectors (space INTEGER NOT NULL, owner INTEGER NOT NULL, revision INTEGER NOT NULL, doc INTEGER NOT NULL,
    chunk INTEGER NOT NULL, vector BLOB NOT NULL,  -- unit length, int16 steps of 1/32767
    PRIMARY KEY (space, owner, revision, doc, chunk)) WITHOUT ROWID;
CREATE INDEX vectors_by_doc ON vectors (doc);
-- Apart from the vectors, which are read all together; these are read for the head of a ranking alone.
CREATE TABLE tokens (space INTEGER NOT NULL, doc INTEGER NOT NULL, owner INTEGER NOT NULL,
    codes BLOB NOT NULL,  -- one row of dimensions / 8 bytes a token
    PRIMARY KEY (space, doc)) WITHOUT ROWID;
CREATE INDEX tokens_by_owner ON tokens (owner);
CREATE TABLE postings (owner INTEGER NOT NULL, term TEXT NOT NULL, doc INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (owner, term, doc)) WITHOUT ROWID;
-- No index by document: whoever removes one knows its terms, for they are a function of its text.
CREATE TABLE slots (
    owner INTEGER NOT NULL, entity TEXT NOT NULL, attribute TEXT NOT NULL, memory TEXT NOT NULL, n INTEGER NOT NULL,
    value_key TEXT NOT NULL, doc INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER, expires_at INTEGER,
    PRIMARY KEY (owner, entity, attribute, memory, n)
) WITHOUT ROWID;
CREATE INDEX slots_by_memory ON slots (memory);
CREATE TABLE mentions (owner INTEGER NOT NULL, entity TEXT NOT NULL, memory TEXT NOT NULL, doc INTEGER NOT NULL,
    name TEXT NOT NULL, type TEXT NOT NULL, alias INTEGER NOT NULL,  -- this key is an alias of `name`
    PRIMARY KEY (owner, entity, doc, name)) WITHOUT ROWID;  -- the newest of a hub are read without the rest
CREATE INDEX mentions_by_memory ON mentions (memory);
CREATE TABLE edges (
    owner INTEGER NOT NULL, subject TEXT NOT NULL, relation TEXT NOT NULL, object TEXT NOT NULL, memory TEXT NOT NULL,
    doc INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER,
    PRIMARY KEY (owner, subject, doc, relation, object)
) WITHOUT ROWID;
CREATE INDEX edges_by_object ON edges (owner, object, doc);
CREATE INDEX edges_by_memory ON edges (memory);
