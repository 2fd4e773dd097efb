import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'cloud-database': { status: 503, text: 'The database of the cloud cannot be used: {reason}.' },
  'tenant-unknown': { status: 404, text: 'There is no tenant {tenant}.' },
  'tenant-taken': { status: 409, text: 'There is a tenant {tenant} already.' },
  'site-taken': { status: 409, text: 'The tenant has a site {site} already.' },
  'site-key-invalid': { status: 422, text: 'The public key {reason}.' },
  'site-not-known': { status: 401, text: 'The request is not signed by a site of this tenant.' },
  'site-clock': { status: 401, text: 'The clock of the site differs from that of the cloud, which has {now}.' },
  'cloud-key-taken': { status: 409, text: 'Another site has this public key: every site needs one of its own.' },
  'cloud-site-unknown': { status: 404, text: 'The tenant has no site {site}.' },
  'cloud-token-unknown': { status: 404, text: 'The tenant has no token {name}.' },
  'cloud-tokens-wrong': { status: 429, text: 'Too many wrong tokens came from there. Try again in a minute.' },
  'batch-invalid': { status: 422, text: 'The batch cannot be read: {reason}.' },
  'batch-elsewhere': {
    status: 409,
    text: 'The cloud has this site up to {cursor}, and the batch begins after {after}.',
  },
  'settle-elsewhere': {
    status: 409,
    text: 'The cloud has the site {site} up to {cursor}: after {after} there is nothing to settle, or something came meanwhile.',
  },
  'cloud-not-logged-in': { status: 401, text: 'A token of the tenant is needed.' },
});
