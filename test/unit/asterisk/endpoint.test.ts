// How an endpoint leaves Asterisk: by SIP, and where that reaches nobody, by ARI.
import type { Client } from 'ari-client';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { AsteriskEndpoint } from '../../../media/asterisk/endpoint.ts';
import type { EndpointNote } from '../../../media/asterisk/endpoint-note.ts';
import type { AsteriskHost } from '../../../media/asterisk/host.ts';
import type { DialogEnding, SipDialog } from '../../../server/signaling/sip/index.ts';

const text = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';
const note: EndpointNote = {
  version: 1,
  endpoint: 'ep_1',
  host: 'one',
  sdp: {
    ...{ text, session: 1, version: 1, formats: [{ type: 0, name: 'PCMU/8000' }], others: [] },
    ...{ wanted: 'sendrecv', agreed: 'sendrecv', local: 'sendrecv' },
  },
  recordings: [],
};

let hungUp: string[];
/** What a BYE comes to. */
let told: boolean;
let ended: (ending: DialogEnding) => void;
let endpoint: AsteriskEndpoint;
let gone: number;

beforeEach(() => {
  hungUp = [];
  told = true;
  gone = 0;
  const client = { channels: { hangup: async ({ channelId }: { channelId: string }) => hungUp.push(channelId) } };
  const ari = { ask: (work: (client: Client) => Promise<unknown>) => work(client as unknown as Client) };
  const host = { name: 'one', up: true, ari } as unknown as AsteriskHost;
  endpoint = new AsteriskEndpoint('ep_1' as never, host, {
    ...{ sip: undefined as never, shelf: undefined as never, logger: pino({ level: 'silent' }) },
    ...{ relay: () => {}, relays: () => false, membership: () => undefined },
    gone: () => gone++,
  });
  const dialog = {
    remoteSdp: text,
    bye: async () => told,
    set handler(handler: { ended: (ending: DialogEnding) => void }) {
      ended = (ending) => handler.ended(ending);
    },
  };
  endpoint.revive(note, dialog as unknown as SipDialog, { id: 'channel-1', name: 'PJSIP/1' });
});

test('BYE is enough where it is answered', async () => {
  endpoint.end('asked');
  await new Promise(setImmediate);
  expect({ gone, hungUp }).toEqual({ gone: 1, hungUp: [] });
});

test('a drachtio-server that is away, or was restarted: Asterisk is told to hang up, or it would keep the call for ever', async () => {
  told = false;
  endpoint.end('asked');
  await expect.poll(() => hungUp).toEqual(['channel-1']);
});

test('a dialog that the SIP server has lost ends its channel', async () => {
  told = false;
  const closed: unknown[] = [];
  endpoint.on('closed', ({ why }) => closed.push(why));
  ended({ by: 'lost', cause: 'unknown to the SIP server' });
  await expect.poll(() => hungUp).toEqual(['channel-1']);
  expect({ gone, closed }).toEqual({ gone: 1, closed: ['failed'] });
});
