import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'backup-passphrase-open': {
    status: 400,
    text: 'The passphrase file {file} can be read by others (mode {mode}): chmod 600 {file}.',
  },
  'backup-passphrase-short': {
    status: 400,
    text: 'The passphrase in {file} has fewer than 16 characters: make one by "openssl rand -base64 32".',
  },
  'backup-passphrase-wrong': { status: 403, text: 'The passphrase does not open {backup}.' },
  'backup-not-there': { status: 404, text: 'There is no backup in {backup}.' },
  'backup-there': { status: 409, text: 'There is {backup} already: a backup in one file never replaces anything.' },
  'backup-damaged': { status: 500, text: 'The backup is damaged: {reason}.' },
  'backup-nothing': { status: 404, text: 'There is no database in {data}: nothing to back up.' },
  'restore-target-used': {
    status: 409,
    text: '{target} is not empty: nothing was restored. --force moves it aside first.',
  },
  'restore-target-running': {
    status: 409,
    text: 'A server (process {pid}) runs on {target}: stop it before restoring over it.',
  },
});
