// The `trace.*` requests of the link: what passed, for the calls that the server names.
import { LinkFailure, type RequestHandler, type TraceRequests } from '../link/index.ts';
import type { MessageTrace } from './sip/index.ts';

/** As text in a frame, a byte takes six characters at most, and a frame has 4 Mi of them. */
const mostBytes = 512 * 1024;
const mostCallIds = 200;

/** @returns the handler for `link.serve('trace', …)` */
export function traceRequests(trace: MessageTrace): RequestHandler {
  return (name, body): TraceRequests['trace.read']['ok'] => {
    if (name !== 'trace.read') throw new LinkFailure('request-unknown', name);
    const { callIds } = (body ?? {}) as Record<string, unknown>;
    if (!isTexts(callIds)) throw new LinkFailure('request-invalid', 'callIds is not a list of texts');
    if (callIds.length > mostCallIds) throw new LinkFailure('request-invalid', `more than ${mostCallIds} callIds`);
    return { ...trace.read(new Set(callIds), mostBytes), since: trace.since };
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
