-- The cloud half: many sites of many tenants. Times are milliseconds since 1970 UTC, as in every journal.

CREATE TABLE tenants (
  tenant     text PRIMARY KEY,
  name       text   NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE sites (
  tenant     text   NOT NULL REFERENCES tenants,
  site       text   NOT NULL,
  public_key text   NOT NULL,              -- Ed25519, SubjectPublicKeyInfo, base64
  cursor     bigint NOT NULL DEFAULT 0,    -- the last event of its journal that is here
  heard_at   bigint,                       -- when the last batch came
  event_at   bigint,                       -- when the last event in it happened
  disabled   boolean NOT NULL DEFAULT false,
  created_at bigint NOT NULL,
  PRIMARY KEY (tenant, site)
);

-- People and programs that read: bearer tokens, kept as SHA-256.
CREATE TABLE tokens (
  digest     text PRIMARY KEY,
  tenant     text   NOT NULL REFERENCES tenants,
  name       text   NOT NULL,
  created_at bigint NOT NULL,
  ends_at    bigint
);

-- The journals, as far as the sites' policies let them leave; by month, so that old months are dropped whole.
CREATE TABLE events (
  tenant      text    NOT NULL,
  site        text    NOT NULL,
  seq         bigint  NOT NULL,
  at          bigint  NOT NULL,
  type        text    NOT NULL,
  version     integer NOT NULL,
  interaction text,
  agent       text,
  queue       text,
  customer    text,
  team        text,
  data        jsonb   NOT NULL,
  PRIMARY KEY (tenant, site, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX events_by_interaction ON events (tenant, site, interaction) WHERE interaction IS NOT NULL;
CREATE INDEX events_by_customer ON events (tenant, site, customer) WHERE customer IS NOT NULL;

CREATE TABLE batches (
  tenant  text   NOT NULL,
  site    text   NOT NULL,
  upto    bigint NOT NULL,
  after   bigint NOT NULL,
  at      bigint NOT NULL,
  events  integer NOT NULL,
  policy  text   NOT NULL,
  PRIMARY KEY (tenant, site, upto)
);

-- One row for each contact, folded from its events.
CREATE TABLE interactions (
  tenant      text   NOT NULL,
  site        text   NOT NULL,
  interaction text   NOT NULL,
  channel     text   NOT NULL,
  direction   text   NOT NULL,
  started_at  bigint NOT NULL,
  queued_at   bigint,
  answered_at bigint,
  ended_at    bigint,
  queue       text,
  agent       text,
  customer    text,
  disposition text,
  wait_ms     bigint,
  talk_ms     bigint,
  abandoned   boolean NOT NULL DEFAULT false,
  identities  text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, site, interaction)
);
CREATE INDEX interactions_by_time ON interactions (tenant, started_at);
CREATE INDEX interactions_by_identity ON interactions USING gin (identities);

-- A person across the sites of a tenant. Sites never learn each other's values: only hashes meet here.
CREATE TABLE profiles (
  tenant        text   NOT NULL,
  profile       text   NOT NULL,
  created_at    bigint NOT NULL,
  name          text,
  name_at       bigint,
  name_site     text,
  language      text,
  language_at   bigint,
  language_site text,
  PRIMARY KEY (tenant, profile)
);
CREATE TABLE profile_identities (
  tenant  text NOT NULL,
  hash    text NOT NULL,
  profile text NOT NULL,
  PRIMARY KEY (tenant, hash)
);
CREATE INDEX profile_identities_by_profile ON profile_identities (tenant, profile);
CREATE TABLE profile_customers (
  tenant   text NOT NULL,
  site     text NOT NULL,
  customer text NOT NULL,
  profile  text NOT NULL,
  PRIMARY KEY (tenant, site, customer)
);
CREATE INDEX profile_customers_by_profile ON profile_customers (tenant, profile);
CREATE TABLE profile_tags (
  tenant  text   NOT NULL,
  profile text   NOT NULL,
  tag     text   NOT NULL,
  since   bigint NOT NULL,
  until   bigint,
  removed bigint,
  at      bigint NOT NULL,               -- of the newest word about it, which counts
  site    text   NOT NULL,
  PRIMARY KEY (tenant, profile, tag)
);

-- What the sites of a tenant are told. Written under a lock of the tenant, so that numbers become visible in their order.
CREATE TABLE changes (
  seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text  NOT NULL,
  origin text,                            -- the site that is not told, as it knows
  kind   text  NOT NULL,
  what   text  NOT NULL,                  -- of a profile or an interaction: only its newest change counts
  data   jsonb NOT NULL
);
CREATE INDEX changes_by_tenant ON changes (tenant, seq);
CREATE INDEX changes_by_what ON changes (tenant, what);
