// What drachtio-srf does for each request and response beside the message itself, without the JSON that it makes for a log
// that is off, and without asking for each header by functions. The same results. To be imported before drachtio-srf.
import './raw-messages.ts';
import { createRequire } from 'node:module';

export interface Meta {
  source: string;
  address: string;
  port: string;
  protocol: string;
  time: string;
  transactionId: string;
  dialogId?: string;
  server?: unknown;
  receivedOn?: string;
  sessionToken?: string;
}

interface Carrier {
  msg?: { headers: Record<string, string> };
  meta: Meta;
}

interface Request extends Carrier {
  [field: string]: unknown;
}

interface Response extends Carrier {
  _req?: Request;
  req: Request;
  send(status: number, reason?: unknown, options?: unknown, ...more: unknown[]): void;
}

const require = createRequire(import.meta.url);
const { prototype: request } = require('drachtio-srf/lib/request.js') as { prototype: Request };
const { prototype: response } = require('drachtio-srf/lib/response.js') as { prototype: Response };

/** As they were, for tests. */
export const own = {
  meta: Object.getOwnPropertyDescriptor(request, 'meta'),
  req: Object.getOwnPropertyDescriptor(response, 'req'),
};

Object.defineProperty(request, 'meta', {
  ...own.meta,
  set(this: Request, meta: Meta) {
    this.source = meta.source;
    this.source_address = meta.address;
    this.source_port = meta.port ? Number.parseInt(meta.port, 10) : 5060;
    this.protocol = meta.protocol;
    this.stackTime = meta.time;
    this.stackTxnId = meta.transactionId;
    this.stackDialogId = meta.dialogId;
    if (meta.server) this.server = meta.server;
    if (meta.receivedOn) this.receivedOn = meta.receivedOn;
    if (meta.sessionToken) this.sessionToken = meta.sessionToken;
  },
});

/** An answer has these of its request. */
const shared = ['call-id', 'cseq', 'from', 'to'];

Object.defineProperty(response, 'req', {
  ...own.req,
  set(this: Response, to: Request) {
    this._req = to;
    const asked = to.msg?.headers;
    const headers = this.msg?.headers;
    if (!asked || !headers) return;
    for (const name of shared) {
      const value = asked[name];
      if (value !== undefined && !(name in headers)) headers[name] = value;
    }
  },
});

/** Makes nothing of a text where JSON is made of it. */
export const noJson = { toJSON: () => undefined };

const send = response.send;
response.send = function (status, reason, options, ...more) {
  if (options !== null && typeof options === 'object') Object.assign(options, noJson);
  send.call(this, status, reason, options, ...more);
};
