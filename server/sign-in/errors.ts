import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'login-directory-unreachable': {
    status: 503,
    text: 'The directory that knows the passwords does not answer; who has a password kept here can log in.',
  },
  'login-provider-unreachable': { status: 503, text: 'The single sign-on provider does not answer as it should.' },
  'login-provider-refused': { status: 401, text: 'The single sign-on provider did not vouch for you; try again.' },
  'login-not-permitted': {
    status: 403,
    text: 'You are in none of the groups that may use this, are not known here yet, or have a password here to log in with.',
  },
  'login-expired': { status: 401, text: 'The sign-on took too long, or was begun in another browser; try again.' },
  'secret-file-unusable': { status: 500, text: 'The file {file} of a secret cannot be used: {reason}.' },
});
