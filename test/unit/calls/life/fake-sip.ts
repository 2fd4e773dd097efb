// The SIP side of one server on the fake edge: real dialogs, real incoming and outgoing calls, and far sides in the hands of
// a test.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { SipDialog } from '../../../../server/signaling/sip/dialog.ts';
import { sipErrors } from '../../../../server/signaling/sip/errors.ts';
import { IncomingCall } from '../../../../server/signaling/sip/incoming.ts';
import { type CallProgress, type CallRequest, OutgoingCall } from '../../../../server/signaling/sip/outgoing.ts';
import type {
  RawIncomingResponse,
  RawMessage,
  RawRequest,
  RawRequestOptions,
  RawResponder,
} from '../../../../server/signaling/sip/raw-srf.ts';
import type { RequestSink, Wire } from '../../../../server/signaling/sip/wire.ts';
import { type EdgeDialog, type FakeEdge, type ServerSide, sdp } from './fake-edge.ts';

type Fields = Record<string, string | undefined>;

function message(fields: Fields, body?: string): RawMessage {
  return { headers: {}, body, get: (name) => fields[name.toLowerCase()] };
}

/** An INVITE of a caller. */
export interface Incoming {
  call: IncomingCall;
  callId: string;
  dialogId: string;
  final: number | undefined;
  cancelled: boolean;
}

/** An INVITE of ours that a phone may answer. */
export interface Ringing {
  uri: string;
  callId: string;
  dialogId: string;
  final: number | undefined;
  cancelled: boolean;
  respond(status: number, body?: string): void;
  fail(): void;
}

let serial = 0;

export class FakeSip {
  readonly canAdopt = true;
  readonly incoming: Incoming[] = [];
  readonly ringing: Ringing[] = [];
  readonly dialogs = new Map<string, SipDialog>();
  /** How far sides answer a re-INVITE; 0: never. */
  reinvite = 200;
  /** A CANCEL meets a phone that has just answered. */
  crossing = false;
  readonly #edge: FakeEdge;
  readonly #server: ServerSide;
  readonly #log: Logger;
  readonly #pending = new Set<RequestSink>();

  constructor(edge: FakeEdge, server: ServerSide, log: Logger) {
    this.#edge = edge;
    this.#server = server;
    this.#log = log;
  }

  // ── what signaling uses ──

  async settled(): Promise<void> {}

  call(request: CallRequest, progress: CallProgress): OutgoingCall {
    const wire = { request: (options: RawRequestOptions, sink: RequestSink) => this.#invite(options, sink) };
    return new OutgoingCall(wire as unknown as Wire, request, progress, (_sent, response) => {
      const id = response.stackDialogId ?? '';
      const dialog = this.#edge.dialogs.get(id);
      if (dialog) dialog.acked = true;
      return this.#hold(id, 'uac');
    });
  }
  link(a: SipDialog, b: SipDialog): void {
    this.#snapshot(a.id, (one) => {
      one.linked = b.id;
    });
    this.#snapshot(b.id, (one) => {
      one.linked = a.id;
    });
  }
  unlink(a: SipDialog): void {
    this.#snapshot(a.id, (one) => {
      const { linked } = one;
      one.linked = undefined;
      if (linked !== undefined) {
        this.#snapshot(linked, (other) => {
          other.linked = undefined;
        });
      }
    });
  }
  note(dialog: SipDialog, note: string): void {
    if (dialog.over) return;
    this.#snapshot(dialog.id, (one) => {
      one.note = note;
    });
  }
  async find() {
    const dialogs = [...this.#edge.dialogs.values()]
      .filter(({ ended }) => ended === undefined)
      .map(({ snapshot }) => ({ dialog: this.#hold(snapshot.dialogId, snapshot.role), snapshot }));
    const ended = this.#edge.ends;
    return { dialogs, ended };
  }
  async adopted(): Promise<void> {
    this.#edge.ends = [];
  }

  // ── what far sides do ──

  /** A caller dials. */
  dial(to: string, from: string, offer = sdp): IncomingCall {
    const n = ++serial;
    const callId = `in${n}`;
    const fields: Fields = {
      'call-id': callId,
      from: `<sip:${from}@192.0.2.1>;tag=f${n}`,
      to: `<sip:${to}@192.0.2.2>`,
    };
    const raw = Object.assign(new EventEmitter(), {
      ...message(fields, offer),
      method: 'INVITE',
      uri: `sip:${to}@192.0.2.2`,
      source: 'network',
      source_address: '192.0.2.1',
      source_port: 5060,
      protocol: 'udp',
      stackTxnId: callId,
      socket: undefined,
      cancel: () => {},
    }) as RawRequest;
    const dialogId = `${callId};from-tag=f${n}`;
    const state: Incoming = { call: undefined as never, callId, dialogId, final: undefined, cancelled: false };
    const responder = {
      stackDialogId: dialogId,
      send: (
        status: number,
        _reason: string | undefined,
        { body }: { body?: string },
        callback?: (error: unknown, sent?: RawMessage) => void,
      ) => {
        if (this.#server.dead || status < 200) return;
        if (state.cancelled) {
          queueMicrotask(() => callback?.('Response not sent due to unknown transaction'));
          return;
        }
        if (state.final !== undefined) this.#edge.broken.push(`${callId} was answered ${state.final} and ${status}`);
        state.final = status;
        if (status < 300) this.#confirmed(dialogId, 'uas');
        queueMicrotask(() => callback?.(undefined, message({ to: `${fields.to};tag=x` }, body)));
      },
    } as unknown as RawResponder;
    state.call = new IncomingCall(
      raw,
      responder,
      (_sent, id) => this.#hold(id, 'uas'),
      () => {},
    );
    this.incoming.push(state);
    return state.call;
  }

  cancel(incoming: Incoming): void {
    if (incoming.final !== undefined || incoming.cancelled) return;
    incoming.cancelled = true;
    if (!this.#server.dead) incoming.call.cancelled();
  }

  /** They hang up. */
  bye(id: string): void {
    if (!this.#edge.end(id, 'remote') || this.#server.dead) return;
    this.#receive(id, 'BYE');
  }

  /** They send something in the dialog. */
  request(id: string, method: string, fields: Fields = {}, body?: string): void {
    if (this.#edge.dialogs.get(id)?.ended === undefined && !this.#server.dead) this.#receive(id, method, fields, body);
  }

  /** The connection between server and edge breaks and comes back. */
  drop(): void {
    for (const one of this.incoming) {
      if (one.final === undefined && !one.cancelled) this.cancel(one);
    }
    for (const one of this.ringing) if (one.final === undefined) one.fail();
    for (const sink of [...this.#pending]) {
      this.#pending.delete(sink);
      sink.failed(sipErrors['sip-server-down']());
    }
  }

  /** The edge is another one: it knows no dialog. */
  lost(): void {
    this.drop();
    for (const dialog of [...this.dialogs.values()]) dialog.lost({ by: 'lost', cause: 'ended while disconnected' });
  }

  // ──

  #receive(id: string, method: string, fields: Fields = {}, body?: string): void {
    const dialog = this.dialogs.get(id);
    const raw = { ...message(fields, body), method, source: 'network' } as unknown as RawRequest;
    dialog?.receive(raw, { send: () => {} } as unknown as RawResponder);
  }

  #snapshot(id: string, change: (snapshot: EdgeDialog['snapshot']) => void): void {
    const dialog = this.#edge.dialogs.get(id);
    if (dialog && !this.#server.dead) change(dialog.snapshot);
  }

  #confirmed(dialogId: string, role: 'uas' | 'uac'): void {
    this.#edge.dialogs.set(dialogId, {
      snapshot: {
        dialogId,
        role,
        invite: '',
        answer: '',
        localSdp: sdp,
        remoteSdp: sdp,
        protocol: 'udp',
        remoteAddress: '192.0.2.1',
        remotePort: 5060,
        answeredAt: Date.now(),
        orphan: false,
      },
      ended: undefined,
      byes: 0,
      acked: role === 'uas',
    });
  }

  #hold(id: string, role: 'uas' | 'uac'): SipDialog {
    const callId = id.split(';', 1)[0] ?? '';
    const dialog = new SipDialog(
      {
        id,
        role,
        callId,
        localSdp: sdp,
        remoteSdp: sdp,
        remoteAddress: '192.0.2.1',
        from: `<sip:a@b>;tag=f-${callId}`,
        to: `<sip:c@d>;tag=t-${callId}`,
      },
      {
        request: (options, sink) => this.#inDialog(id, options, sink),
        removed: () => void this.dialogs.delete(id),
        logger: this.#log,
      },
    );
    this.dialogs.set(id, dialog);
    return dialog;
  }

  #inDialog(id: string, { method }: RawRequestOptions, sink: RequestSink): void {
    if (this.#server.dead) return;
    const dialog = this.#edge.dialogs.get(id);
    if (method === 'BYE' && dialog && ++dialog.byes > 1) this.#edge.broken.push(`${id} got two BYEs of ours`);
    if (!dialog || dialog.ended) {
      queueMicrotask(() => {
        sink.failed(sipErrors['sip-not-sent']({ what: method, reason: 'unable to find dialog for dialog id' }));
      });
      return;
    }
    if (method === 'BYE') this.#edge.end(id, 'us');
    const status = method === 'INVITE' ? this.reinvite : 200;
    this.#pending.add(sink);
    const answer = (final: number) => {
      if (this.#server.dead || !this.#pending.delete(sink)) return;
      const response = { ...message({}, sdp), status: final, reason: 'x', stackDialogId: id } as RawIncomingResponse;
      sink.response(response, () => {});
    };
    if (status === 0) setTimeout(() => answer(408), 32_000);
    else queueMicrotask(() => answer(status));
  }

  #invite(options: RawRequestOptions, sink: RequestSink): void {
    if (this.#server.dead) return;
    const callId = `out${++serial}`;
    const dialogId = `${callId};from-tag=u`;
    const respond = (status: number, body?: string) => {
      if (this.#server.dead || ringing.final !== undefined) return;
      if (status >= 200) ringing.final = status;
      if (status >= 200 && status < 300) this.#confirmed(dialogId, 'uac');
      sink.response(
        { ...message({}, body), status, reason: 'x', stackDialogId: dialogId } as RawIncomingResponse,
        () => {},
      );
    };
    const ringing: Ringing = {
      uri: options.uri ?? '',
      callId,
      dialogId,
      final: undefined,
      cancelled: false,
      respond,
      fail: () => {
        if (this.#server.dead || ringing.final !== undefined) return;
        ringing.final = 503;
        sink.failed(sipErrors['sip-server-down']());
      },
    };
    this.ringing.push(ringing);
    const request = Object.assign(new EventEmitter(), {
      ...message({ 'call-id': callId, from: '<sip:x@y>;tag=u' }, options.body),
      cancel: () => {
        ringing.cancelled = true;
        queueMicrotask(() => respond(this.crossing ? 200 : 487, this.crossing ? sdp : undefined));
      },
    }) as unknown as RawRequest;
    queueMicrotask(() => {
      if (!this.#server.dead && ringing.final === undefined) sink.sent?.(request);
    });
  }
}
