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
  'backup-parts-damaged': {
    status: 500,
    text: '{count} of the {files} files are damaged in the backup: {list}. Nothing is in place yet: the same command with --what-is-whole restores the others.',
  },
  'verify-no-room': {
    status: 507,
    text: 'A copy of the database needs {needed} MiB in {folder} to be looked at, and there are {free} MiB: name another folder by TMPDIR.',
  },
  'backup-nothing': { status: 404, text: 'There is no database in {data}: nothing to back up.' },
  'backup-under-way': {
    status: 409,
    text: 'Another backup is just being written into {vault}, or its file system knows no locks.',
  },
  'backup-other-site': {
    status: 409,
    text: 'The backups in {vault} are of the site {site}, and this one is {own}: each site has a folder of its own.',
  },
  'backup-no-room': {
    status: 507,
    text: 'There is no room for the backup in {backup}, or for copies of databases in {scratch}: {reason}.',
  },
  'backup-channels-unreadable': {
    status: 500,
    text: '{file} cannot be read, and so which files it names: {reason}.',
  },
  'move-vault-file': { status: 400, text: '{vault} is a file: a site moves by a folder.' },
  'move-elsewhere': { status: 409, text: 'What is in {data} moved to {to} already.' },
  'move-sidecar-running': {
    status: 409,
    text: 'A sidecar runs on {data}: stop it before the site leaves.',
  },
  'move-under-way': {
    status: 409,
    text: 'The site {site} is moving by {vault} and has not arrived: take another folder.',
  },
  'move-not-right': { status: 500, text: '{data} is not as it must be, and nothing is started or fenced: {reason}.' },
  'move-not-left': {
    status: 404,
    text: 'No site has left by {vault}: "switchroom move out {vault}" on the old machine comes first.',
  },
  'move-arrived': { status: 409, text: 'The site {site} has arrived at {to}: it can be in one place only.' },
  'move-not-fenced': { status: 409, text: 'The site in {data} has not moved: there is nothing to undo.' },
  'move-vault-away': {
    status: 404,
    text: '{vault} is not there: only it knows whether the site has arrived at its new place.',
  },
  'restore-no-room': {
    status: 507,
    text: 'What the backup holds needs {needed} MiB in {folder}, and there are {free} MiB: nothing was changed.',
  },
  'restore-target-used': {
    status: 409,
    text: '{target} is not empty: nothing was restored. --force moves it aside first.',
  },
  'restore-target-fixed': {
    status: 409,
    text: '{target} cannot be moved aside ({reason}): empty it, once what is to be kept is elsewhere.',
  },
  'restore-target-running': {
    status: 409,
    text: 'A server (process {pid}) runs on {target}: stop it before restoring over it.',
  },
});
