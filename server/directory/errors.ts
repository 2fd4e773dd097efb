import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'invalid-field': { status: 422, text: 'The field {field} is not valid: {reason}.' },
  'unknown-reference': { status: 422, text: 'The field {field} names the {kind} {name}, which does not exist.' },
  'still-referenced': { status: 409, text: 'The {kind} {name} cannot be removed: it is still used by {by}.' },
  'directory-not-saved': { status: 500, text: 'The change of {kind} {name} could not be saved; nothing was changed.' },
  'site-key-open': {
    status: 500,
    text: 'The site key {file} can be read by others (mode {mode}). Run: chmod 600 {file}',
  },
  'site-key-missing': {
    status: 500,
    text: 'The directory holds trunk secrets sealed with a site key, but {file} is missing. Restore it from the backup, or set the secrets of the trunks again.',
  },
  'site-key-wrong': {
    status: 500,
    text: 'The secret of the trunk {name} cannot be opened with the site key: another key sealed it.',
  },
  'login-failed': { status: 401, text: 'Login or password is wrong.' },
  'login-locked': { status: 429, text: 'Too many failed logins. Try again in {seconds} seconds.' },
  'code-needed': { status: 401, text: 'The password is right; now send the code of the authenticator app as "code".' },
  'code-wrong': { status: 401, text: 'The code is wrong, or was used already.' },
  'second-factor-there': { status: 409, text: 'There is a second factor already: remove it first.' },
  'second-factor-not-begun': {
    status: 409,
    text: 'Begin to set up the second factor first; it is forgotten after 15 minutes.',
  },
  'password-elsewhere': {
    status: 409,
    text: 'This person logs in elsewhere (directory or single sign-on): her password is changed there.',
  },
  'login-busy': { status: 503, text: 'Too many logins at once. Try again in a few seconds.' },
  'password-weak': { status: 422, text: 'The password is not strong enough: {reason}.' },
  'person-unknown': { status: 404, text: 'There is no agent {agent} whose login this could be.' },
  'token-unknown': { status: 404, text: 'There is no token {token}.' },
  'token-connector': {
    status: 422,
    text: 'A token for channels is a connector: it has at least one channel, and neither roles nor an agent.',
  },
  'token-powerless': { status: 422, text: 'A token needs at least one role, or the channels of a connector.' },
});
