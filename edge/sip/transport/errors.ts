import { defineErrors } from '../../../values/index.ts';

export const transportErrors = defineErrors({
  'sip-port-in-use': {
    status: 500,
    text: 'SIP cannot listen on {protocol} {address} port {port}: another program uses it.',
  },
  'sip-address-unavailable': {
    status: 500,
    text: 'SIP cannot listen on {protocol} {address} port {port}: this machine does not have that address ({reason}).',
  },
  'sip-listen-failed': { status: 500, text: 'SIP cannot listen on {protocol} {address} port {port}: {reason}.' },
  'sip-no-listener': { status: 503, text: 'There is no SIP listener for {protocol} towards that address.' },
  'sip-unreachable': { status: 503, text: 'The SIP peer cannot be reached: {reason}.' },
});

/** The sentence for a failed bind. */
export function listenError(error: NodeJS.ErrnoException, where: { protocol: string; address: string; port: number }) {
  const details = { ...where, reason: error.code ?? error.message };
  const cause = { cause: error };
  if (error.code === 'EADDRINUSE') return transportErrors['sip-port-in-use'](details, cause);
  if (error.code === 'EADDRNOTAVAIL') return transportErrors['sip-address-unavailable'](details, cause);
  return transportErrors['sip-listen-failed'](details, cause);
}
