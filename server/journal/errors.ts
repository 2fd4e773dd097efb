import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'data-directory-in-use': {
    status: 500,
    text: 'Another Switchroom server (process {pid}) already uses the data directory {directory}. Stop it first, or name another directory by SWITCHROOM_DATA.',
  },
  'data-moved': {
    status: 409,
    text: 'The site {site} moved away from {directory} at {at} (to {to}, up to event {last}): nothing is started on the old data, as two sites with one history would contradict each other. Start it where it is now; or, if it never started there, "switchroom move back" undoes the move.',
  },
  'data-half-restored': {
    status: 409,
    text: 'The restore of {backup} into {directory} is not finished: nothing is started on a part of a site. Run the same "switchroom restore" or "switchroom move in" once more.',
  },
  'database-too-new': {
    status: 500,
    text: 'The database {file} has schema {found}, but this version of Switchroom knows only up to {known}. Start the newer version, or restore a backup made by this one.',
  },
  'migration-failed': {
    status: 500,
    text: 'Migration {name} of the database {file} failed: {reason}. The database is unchanged by it.',
  },
  'read-failed': { status: 500, text: 'Reading {what} failed; the reason is in the log.' },
  'read-too-slow': { status: 503, text: 'Reading {what} took too long. Ask for less: a shorter time, or one queue.' },
  'event-invalid': {
    status: 500,
    text: 'The event {type} does not fit its schema: {reason}.',
  },
});
