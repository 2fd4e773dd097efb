-- Whose identity it is: so that an identity which one site takes away stays with a person whom another site knows by it too, an
-- erased site's word goes whole, and merged customers can be parted again.
CREATE TABLE customer_identities (
  tenant   text NOT NULL,
  site     text NOT NULL,
  customer text NOT NULL,
  hash     text NOT NULL,
  PRIMARY KEY (tenant, site, customer, hash)
);
INSERT INTO customer_identities
  SELECT c.tenant, c.site, c.customer, i.hash FROM profile_customers c JOIN profile_identities i USING (tenant, profile);

-- Events whose time cannot be right (no month of its own is made for them), and those of months that were not there yet.
CREATE TABLE events_other PARTITION OF events DEFAULT;

-- What the fold of a contact must remember between two batches.
ALTER TABLE interactions
  ADD COLUMN waiting_since bigint,
  ADD COLUMN called_back   boolean NOT NULL DEFAULT false,
  ADD COLUMN transferred   boolean NOT NULL DEFAULT false,
  ADD COLUMN talks         jsonb   NOT NULL DEFAULT '[]',   -- agents who talk now: since when, and for how long on hold
  ADD COLUMN erased        boolean NOT NULL DEFAULT false;

-- One key, one site: a signature covers the site's name, and not the tenant's.
CREATE UNIQUE INDEX sites_by_key ON sites (public_key);
CREATE INDEX tokens_by_tenant ON tokens (tenant, name);
