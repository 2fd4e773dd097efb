import { defineErrors } from '../../values/index.ts';

export const callErrors = defineErrors({
  'call-unknown': { status: 404, text: 'There is no call {interaction}.' },
  'call-not-yours': { status: 403, text: 'Agent {agent} is not on call {interaction}.' },
  'call-wrong-phase': { status: 409, text: 'The call is in phase {phase}; that cannot be done now.' },
  'phone-cannot-auto-answer': { status: 409, text: 'The phone of agent {agent} cannot be made to answer.' },
  'digits-invalid': { status: 400, text: 'digits: only 0-9, *, #, A to D can be sent.' },
  'call-not-recorded': { status: 409, text: 'The call is not recorded.' },
});
