import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'desk-message-malformed': { status: 400, text: 'The message is not understood: {field}: {reason}.' },
  'desk-command-unknown': { status: 400, text: 'There is no command {command}.' },
  'desk-command-malformed': { status: 400, text: 'Command {command}, field {field}: {reason}.' },
  'desk-hello-first': {
    status: 400,
    text: 'The first message of a connection is hello or resume, and only the first.',
  },
  'desk-protocol-unsupported': {
    status: 400,
    text: 'This panel speaks protocol {theirs}, the server {ours}: reload the page.',
  },
  'desk-too-fast': { status: 429, text: 'Too many commands at once: at most {perSecond} a second.' },
  'desk-no-agent': { status: 403, text: 'This login is no agent’s, so it cannot take contacts.' },
  'desk-no-phones': { status: 503, text: 'This server has no WebRTC, so panels have no phone.' },
  'desk-not-supervisor': { status: 403, text: 'Only supervisors and administrators see all agents.' },
  'desk-contact-not-yours': { status: 409, text: 'This contact is not on your desk any more.' },
  'desk-offer-over': { status: 409, text: 'This offer is over.' },
  'desk-closing': { status: 503, text: 'The server is going down.' },
  'desk-failed': { status: 500, text: 'That could not be done because of a fault in the server. It is in its log.' },
  'reason-unknown': { status: 400, text: 'There is no reason {reason} for not being ready.' },
  'disposition-unknown': { status: 400, text: 'The queue {queue} has no disposition {disposition}.' },
  'disposition-required': { status: 409, text: 'This queue asks for a disposition before the wrap-up ends.' },
  'flow-not-for-detours': { status: 400, text: 'Callers cannot be sent into the flow {flow} from here.' },
});
