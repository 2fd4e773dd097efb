-- What was done to tenants, their sites and tokens, and by whom. The hash covers the row and the hash before it, so that
-- nobody changes a row or takes one out unseen.
CREATE TABLE audit (
  seq    bigint PRIMARY KEY,               -- 1, 2, 3 … without a gap
  at     bigint NOT NULL,
  by     text   NOT NULL,                  -- user of the cloud's machine, or the site
  type   text   NOT NULL,                  -- tenant.added, site.added, site.disabled, token.created …
  tenant text   NOT NULL,
  data   text   NOT NULL,                  -- JSON as it was hashed
  hash   text   NOT NULL                   -- SHA-256, base64
);
CREATE INDEX audit_by_tenant ON audit (tenant, seq);
