-- A site was restored from a backup that is not the newest: it told so, and what came after is settled.
ALTER TABLE sites
  ADD COLUMN halted_at    bigint,          -- since when it waits for a decision
  ADD COLUMN halted_after bigint,          -- the last event that both have alike, as the site found out
  ADD COLUMN settled_from text;            -- of a history that was set aside: the site that it is of; never lets anybody in

CREATE TABLE settlements (
  tenant   text   NOT NULL,
  site     text   NOT NULL,
  at       bigint NOT NULL,
  after    bigint NOT NULL,                -- events after this …
  cursor   bigint NOT NULL,                -- … up to this went to
  aside    text,                           -- this name; null: they were dropped
  events   bigint NOT NULL,
  contacts bigint NOT NULL,
  PRIMARY KEY (tenant, site, at)
);

-- Numbers of signed requests, each good once, in all programs on this database and over their restarts.
CREATE TABLE nonces (
  tenant text   NOT NULL,
  site   text   NOT NULL,
  nonce  text   NOT NULL,
  ends   bigint NOT NULL,                  -- its signature is good no longer
  PRIMARY KEY (tenant, site, nonce)
);
CREATE INDEX nonces_by_end ON nonces (ends);
