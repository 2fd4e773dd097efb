-- The record of every interaction. Made of the journal's interaction.* events alone; may be deleted and rebuilt.
-- Times are UTC milliseconds, durations milliseconds.

CREATE TABLE interactions (
  id            TEXT    PRIMARY KEY,
  site          TEXT    NOT NULL,
  team          TEXT,
  channel       TEXT    NOT NULL,         -- 'voice' …
  direction     TEXT    NOT NULL,         -- 'in', 'out', 'internal'
  call_id       TEXT,                     -- SIP Call-ID of the customer's leg
  customer      TEXT,
  identified_by TEXT,
  from_e164     TEXT,
  from_dialled  TEXT,
  from_name     TEXT,
  to_e164       TEXT,
  to_dialled    TEXT,
  trunk         TEXT,
  did           TEXT,
  language      TEXT,
  flow          TEXT,                     -- the first one
  flow_version  TEXT,
  path          TEXT    NOT NULL,         -- [{"at", "node", "type", "label", "value"}], in order
  queue         TEXT,                     -- the last one
  agent         TEXT,                     -- the last one that talked; all are in interaction_agents
  started_at    INTEGER NOT NULL,
  queued_at     INTEGER,                  -- first time
  answered_at   INTEGER,                  -- by an agent, first time
  ended_at      INTEGER,                  -- NULL: under way
  wait_ms       INTEGER NOT NULL,         -- in queues, ringing included
  talk_ms       INTEGER NOT NULL,         -- with agents, hold excluded
  hold_ms       INTEGER NOT NULL,
  wrap_up_ms    INTEGER NOT NULL,
  outcome       TEXT    NOT NULL,         -- 'open', 'answered', 'abandoned', 'contained' (ended in the IVR), 'transferred', 'failed'
  ended_where   TEXT,                     -- 'before', 'ivr', 'queue', 'ringing', 'talk', 'detour', 'transfer'
  ended_by      TEXT,                     -- 'customer', 'agent', 'flow', 'system', 'network'
  cause         TEXT,
  sip_status    INTEGER,
  transfers     TEXT    NOT NULL,         -- [{"at", "kind", "to", "by"}]
  disposition   TEXT,
  note          TEXT,
  quality       TEXT    NOT NULL,         -- one object per leg
  recordings    TEXT    NOT NULL,         -- ids
  last_seq      INTEGER NOT NULL          -- the last event that is in here
) STRICT, WITHOUT ROWID;

CREATE INDEX interactions_by_time ON interactions (started_at, id);
CREATE INDEX interactions_by_customer ON interactions (customer, started_at) WHERE customer IS NOT NULL;
CREATE INDEX interactions_by_queue ON interactions (queue, started_at) WHERE queue IS NOT NULL;

-- The customer's number: the caller's, or the one that was called.
CREATE INDEX interactions_by_from ON interactions (from_e164, started_at) WHERE from_e164 IS NOT NULL;
CREATE INDEX interactions_by_called ON interactions (to_e164, started_at) WHERE direction = 'out';

-- Every agent's part in it.
CREATE TABLE interaction_agents (
  interaction TEXT    NOT NULL,
  part        INTEGER NOT NULL,           -- from 1, in order of the offers
  agent       TEXT    NOT NULL,
  queue       TEXT,
  offered_at  INTEGER,
  outcome     TEXT,                       -- of the offer
  answered_at INTEGER,
  ended_at    INTEGER,
  talk_ms     INTEGER NOT NULL,
  hold_ms     INTEGER NOT NULL,
  wrap_up_ms  INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,           -- of the interaction, for the index
  PRIMARY KEY (interaction, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX interaction_agents_by_agent ON interaction_agents (agent, started_at);

CREATE TABLE recordings (
  id          TEXT    PRIMARY KEY,
  interaction TEXT    NOT NULL,
  site        TEXT    NOT NULL,
  team        TEXT,
  agent       TEXT,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER,
  ms          INTEGER,
  bytes       INTEGER,
  file        TEXT,                       -- name in the recordings folder; NULL: still with the media engine
  sha256      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX recordings_by_interaction ON recordings (interaction);
