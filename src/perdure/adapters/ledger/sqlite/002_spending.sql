-- What model calls took, in tokens, added up. Days are counted from 1970-01-01 UTC. A row's owner is 0 when nobody is known, or nobody any
-- more: what was spent on somebody who was forgotten is still spent.
CREATE TABLE spending (
    day INTEGER NOT NULL, owner INTEGER NOT NULL, job TEXT NOT NULL, purpose TEXT NOT NULL, model TEXT NOT NULL,
    calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    PRIMARY KEY (owner, day, job, purpose, model)) WITHOUT ROWID;
CREATE INDEX spending_by_day ON spending (day);
CREATE INDEX spending_by_job ON spending (job) WHERE job <> '';
