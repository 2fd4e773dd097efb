-- Moments: what each customer's rules remember of her (times, no words), what fired within a day, and the figures, which
-- are made of moment.* events.

CREATE TABLE moment_states (
  customer TEXT PRIMARY KEY,
  due      INTEGER,                       -- when time alone changes something; NULL: never
  data     TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX moment_states_due ON moment_states (due) WHERE due IS NOT NULL;

CREATE TABLE moment_firings (
  id       TEXT PRIMARY KEY,
  customer TEXT NOT NULL,
  at       INTEGER NOT NULL,
  data     TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX moment_firings_by_time ON moment_firings (at);
CREATE INDEX moment_firings_by_customer ON moment_firings (customer);

CREATE TABLE moment_figures (
  day    TEXT    NOT NULL,                -- of the site: '2026-01-05'
  moment TEXT    NOT NULL,
  what   TEXT    NOT NULL,                -- 'fired', 'restrained', 'acted', 'reached', 'answered'
  detail TEXT    NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (day, moment, what, detail)
) STRICT, WITHOUT ROWID;

-- Public items of social channels: tone and cluster of each, without its words; figures per day.
CREATE TABLE social_items (
  id       TEXT    PRIMARY KEY,           -- of the message
  at       INTEGER NOT NULL,
  day      TEXT    NOT NULL,
  via      TEXT    NOT NULL,
  customer TEXT,
  interaction TEXT,
  kind     TEXT    NOT NULL,              -- 'mention', 'comment', 'post', 'review'
  reach    INTEGER NOT NULL,
  engaged  INTEGER NOT NULL,              -- likes, shares, comments
  score    REAL    NOT NULL,              -- -1 … 1
  cluster  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX social_items_by_day ON social_items (day, via);
CREATE INDEX social_items_by_cluster ON social_items (cluster, at);
CREATE INDEX social_items_by_customer ON social_items (customer) WHERE customer IS NOT NULL;

CREATE TABLE social_clusters (
  id     TEXT    PRIMARY KEY,
  bands  TEXT    NOT NULL,                -- JSON: keys of its bands (MinHash)
  sketch TEXT    NOT NULL,                -- JSON: MinHash of its first item
  sample TEXT    NOT NULL,                -- id of the message that shows what it is about
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  items  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX social_clusters_last ON social_clusters (last);
