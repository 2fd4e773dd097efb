// What is there but cannot take a contact at this moment: one code each, whichever part says so.
import { defineErrors } from './errors.ts';

export const notNow = defineErrors({
  'queue-closed': { status: 409, text: 'Queue {queue} is closed now.' },
  'queue-full': { status: 409, text: 'As many wait in queue {queue} already as it takes.' },
  'queue-unstaffed': { status: 409, text: 'Nobody who serves queue {queue} is signed in.' },
  'agent-away': { status: 409, text: 'Agent {agent} is not signed in, or takes no contacts of that kind.' },
});
