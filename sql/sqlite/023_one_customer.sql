-- One customer on every channel: which identities are proved, who turned out to be the same person, and what happened to
-- her elsewhere. Merging moves no row: taken apart again, everybody has what she had. Changes are events (customer.*).

ALTER TABLE identities ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;

ALTER TABLE customers ADD COLUMN merged_into TEXT;   -- the customer whom she is part of; NULL: she stands by herself
ALTER TABLE customers ADD COLUMN merged_at INTEGER;
ALTER TABLE customers ADD COLUMN merged_by TEXT;
ALTER TABLE customers ADD COLUMN merged_why TEXT;    -- kind of the identity that proved it, or 'by-hand'

CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;

-- Identities that a customer says are hers, without proof: nobody is found by them.
CREATE TABLE identity_claims (
  kind     TEXT    NOT NULL,
  value    TEXT    NOT NULL,
  customer TEXT    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  since    INTEGER NOT NULL,
  PRIMARY KEY (kind, value, customer)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_claims_by_customer ON identity_claims (customer);

-- Pairs who may be one person, the smaller id first.
CREATE TABLE customer_suggestions (
  customer TEXT    NOT NULL,
  other    TEXT    NOT NULL,
  why      TEXT    NOT NULL,              -- 'said', 'proved', 'parted', 'by-hand'
  kind     TEXT,                          -- of the identity that both have to do with
  since    INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  state    TEXT    NOT NULL,              -- 'open', 'dismissed', 'merged'
  parted   INTEGER NOT NULL DEFAULT 0,    -- 1: taken apart by hand; no rule merges them again
  PRIMARY KEY (customer, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_suggestions_by_other ON customer_suggestions (other);
CREATE INDEX customer_suggestions_open ON customer_suggestions (since) WHERE state = 'open';

-- What happened to her outside, as other systems tell it.
CREATE TABLE customer_events (
  id       TEXT    PRIMARY KEY,
  key      TEXT    NOT NULL UNIQUE,       -- of the system that told it: the same one is taken once
  customer TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  name     TEXT    NOT NULL,
  data     TEXT                           -- JSON object
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_events_by_customer ON customer_events (customer, at, id);

-- Whether she agreed to be written to or called; channel and purpose may be '*'.
CREATE TABLE consents (
  customer TEXT    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  channel  TEXT    NOT NULL,
  purpose  TEXT    NOT NULL,
  given    INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  proof    TEXT,
  PRIMARY KEY (customer, channel, purpose)
) STRICT, WITHOUT ROWID;
