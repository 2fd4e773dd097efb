import { defineErrors } from '../../values/index.ts';

export const callErrors = defineErrors({
  'calls-draining': {
    status: 503,
    text: 'The server is being drained: no new calls. "switchroom drain --cancel" takes that back.',
  },
  'call-unknown': { status: 404, text: 'There is no call {interaction}.' },
  'call-not-yours': { status: 403, text: 'Agent {agent} is not on call {interaction}.' },
  'call-wrong-phase': { status: 409, text: 'The call is in phase {phase}; that cannot be done now.' },
  'phone-cannot-auto-answer': { status: 409, text: 'The phone of agent {agent} cannot be made to answer.' },
  'digits-invalid': { status: 400, text: 'digits: only 0-9, *, #, A to D can be sent.' },
  'call-too-many-parties': { status: 409, text: 'At most {mostGuests} can be added to a call.' },
  'party-there': { status: 409, text: 'Agent {agent} is in this call already.' },
  'party-unknown': { status: 404, text: 'There is no party {party} in this call.' },
  'phone-unreachable': { status: 409, text: '{who} cannot be rung now.' },
  'agent-unreached': {
    status: 409,
    text: 'Agent {agent} serves no queue, so the call cannot be given to her unasked; consult her, and hand it over.',
  },
  'park-full': { status: 409, text: 'All slots for parked calls are taken.' },
  'park-slot-empty': { status: 404, text: 'No call is parked at slot {slot}.' },
  'agent-in-call': { status: 409, text: 'Agent {agent} is in a call already.' },
  'call-not-recorded': { status: 409, text: 'The call is not recorded.' },
});
