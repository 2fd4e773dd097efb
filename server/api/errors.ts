import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'only-running': { status: 503, text: 'Only a running server can do that.' },
  'not-logged-in': { status: 401, text: 'Log in, or send a token.' },
  'not-allowed': { status: 403, text: 'This needs the role {roles}.' },
  'identity-proof': {
    status: 403,
    text: 'Supervisors, administrators and programs say that an identity was proved: leave out {field}.',
  },
  'second-factor-first': {
    status: 403,
    text: 'Your role needs a second factor: set it up first (POST /session/second-factor).',
  },
  'second-factor-required': { status: 409, text: 'Your role needs a second factor; an administrator can reset it.' },
  'import-refused': {
    status: 422,
    text: 'Nothing was imported: {count} lines are wrong; the first is line {line}: {reason}',
  },
  'evaluator-unfit': {
    status: 422,
    text: '{evaluator} may not evaluate this contact: not known here, no supervisor, or of another team.',
  },
  'csrf-failed': {
    status: 403,
    text: 'The request did not come from a page of this server: {reason}.',
  },
  'not-found': { status: 404, text: 'There is no {kind} {name}.' },
  'no-such-endpoint': { status: 404, text: 'There is no {method} {path}. See /api/docs.' },
  'request-invalid': { status: 400, text: 'The {part} is not valid: {field}: {reason}.' },
  'body-too-large': { status: 413, text: 'The body is larger than {limit}.' },
  'body-not-json': { status: 400, text: 'The body is not JSON.' },
  'content-type-unsupported': { status: 415, text: 'Send the body as application/json.' },
  'flow-has-errors': { status: 422, text: 'The flow {flow} has {count} errors and was not saved; the first: {first}' },
  'moment-has-errors': {
    status: 422,
    text: 'The moment {moment} has {count} errors and was not saved; the first: {first}',
  },
  'changed-meanwhile': {
    status: 412,
    text: 'The {kind} {name} is not what it was when you read it: somebody changed it since. Read it again, or change it without a condition.',
  },
  'social-item-taken': { status: 409, text: 'Agent {agent} has the public item {item}.' },
  'range-not-satisfiable': { status: 416, text: 'The recording has {size} bytes.' },
  'recording-not-there': { status: 404, text: 'The audio of the recording {recording} is not there.' },
  'too-many-streams': { status: 503, text: 'Too many event streams are open ({most}).' },
  'uploads-busy': { status: 503, text: 'Too many attachments are sent at once. Try again in {seconds} seconds.' },
  'client-gone': { status: 499, text: 'The client closed the connection.' },
  'internal-error': { status: 500, text: 'Something went wrong here; it is in the log as request {request}.' },
});
