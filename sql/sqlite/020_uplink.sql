-- What left the site, and what came back from the cloud.

-- Every batch that the cloud took: the proof for an auditor. With the journal and the policy, the same bytes can be made again.
CREATE TABLE egress_log (
  batch  INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,      -- when the cloud had it
  after  INTEGER NOT NULL,      -- events of the journal after this …
  upto   INTEGER NOT NULL,      -- … up to this
  sent   TEXT    NOT NULL,      -- JSON: how many left, by kind of event
  kept   INTEGER NOT NULL,      -- how many did not
  bytes  INTEGER NOT NULL,      -- uncompressed
  wire   INTEGER NOT NULL,      -- compressed
  digest TEXT    NOT NULL,      -- SHA-256 (hex) of the uncompressed batch
  policy TEXT    NOT NULL       -- egress_policies.id
) STRICT;

CREATE TABLE egress_policies (
  id   TEXT PRIMARY KEY,        -- SHA-256 (hex)
  at   INTEGER NOT NULL,        -- first used
  plan TEXT NOT NULL            -- JSON: what is done with each field of each kind of event
) STRICT, WITHOUT ROWID;

-- What other sites know, as the cloud merged it. Found by the hashes of a person's identities.
CREATE TABLE remote_identities (
  hash    TEXT NOT NULL,
  profile TEXT NOT NULL,
  PRIMARY KEY (hash, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_identities_by_profile ON remote_identities (profile);

CREATE TABLE remote_profiles (
  profile TEXT PRIMARY KEY,
  seq     INTEGER NOT NULL,     -- of the cloud's stream of changes
  data    TEXT    NOT NULL      -- JSON: name, language, tags, each with time and site
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_interactions (
  site        TEXT    NOT NULL,
  interaction TEXT    NOT NULL,
  started_at  INTEGER NOT NULL,
  data        TEXT    NOT NULL, -- JSON
  PRIMARY KEY (site, interaction)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_interaction_identities (
  hash        TEXT    NOT NULL,
  started_at  INTEGER NOT NULL,
  site        TEXT    NOT NULL,
  interaction TEXT    NOT NULL,
  PRIMARY KEY (hash, started_at, site, interaction)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_interaction_identities_of ON remote_interaction_identities (site, interaction);
