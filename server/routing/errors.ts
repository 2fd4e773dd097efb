import { defineErrors } from '../../values/index.ts';

export const routingErrors = defineErrors({
  'contact-unknown': { status: 404, text: 'No contact {interaction} is in a queue or with an agent.' },
  'contact-not-waiting': {
    status: 409,
    text: 'Contact {interaction} is with an agent already; only she can transfer it.',
  },
  'contact-not-in-wrap-up': { status: 409, text: 'Agent {agent} has no wrap-up for contact {interaction}.' },
  'wrap-up-limit': { status: 409, text: 'The wrap-up of contact {interaction} cannot be extended any further.' },
  'offer-unknown': { status: 404, text: 'Offer {offer} is not, or no longer, made to agent {agent}.' },
  'agent-not-signed-in': { status: 409, text: 'Agent {agent} is not signed in.' },
  'agent-phone-unreachable': {
    status: 409,
    text: 'The phone of agent {agent} cannot be reached; she cannot be ready.',
  },
  'not-ready-reason-missing': { status: 422, text: 'The field reason is not valid: {reason}.' },
});
