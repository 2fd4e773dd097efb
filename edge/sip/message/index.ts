// SIP messages: reading and writing. Knows no sockets, no transactions, no dialogs.
export { checkMandatory } from './check-mandatory.ts';
export { canonicalName, headerKey, isToken } from './header-names.ts';
export { Headers } from './headers.ts';
export { formatHost, type HostPort, parseHostPort, parseUnsigned } from './host-port.ts';
export { splitList, splitLists } from './list.ts';
export { formatNameAddr, type NameAddr, parseNameAddr } from './name-addr.ts';
export { formatParams, type Params, parseParams, quoted, unquote } from './params.ts';
export type { ReadOptions } from './read-message.ts';
export { reasonPhrase } from './reason-phrases.ts';
export { type CSeq, parseCSeq, SipMessage } from './sip-message.ts';
export { SipSyntaxError, type SyntaxStatus } from './syntax-error.ts';
export { formatUri, parseUri, tryParseUri, type Uri, unescapeUser } from './uri.ts';
export { filledRport, formatVia, magicCookie, parseVia, type Via } from './via.ts';
