// Requests to the edge, with failures as errors of the registry.
import type { GatewayRequests, LinkClient, MediaRequests } from '../../link/index.ts';
import { LinkFailure } from '../../link/index.ts';
import type { SwitchroomError } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';

type Requests = MediaRequests & GatewayRequests;

export type Ask = <Name extends keyof Requests>(
  name: Name,
  body: Requests[Name]['with'],
  timeoutMs?: number,
) => Promise<Requests[Name]['ok']>;

export function asking(link: LinkClient): Ask {
  return (name, body, timeoutMs) => link.request<never>(name, body, timeoutMs).catch(asMediaError);
}

function asMediaError(error: unknown): never {
  throw error instanceof LinkFailure ? mediaError(error) : error;
}

function mediaError(failure: LinkFailure): SwitchroomError {
  const { code, reason } = failure;
  const details = { reason };
  const options = { cause: failure };
  if (code === 'link-down' || code === 'link-timeout') return mediaErrors['media-unavailable'](details, options);
  if (code in mediaErrors) return mediaErrors[code as keyof typeof mediaErrors](details, options);
  return mediaErrors['media-failed'](details, options);
}
