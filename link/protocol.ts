// The link: one stream connection between the server (client) and an edge (listener), beside the drachtio connection.
// It carries media control and what drachtio's protocol lacks: listing, linking and adopting dialogs.
//
// Frames are one JSON object a line (UTF-8, LF). The client speaks first:
//   → { "hello": 1, "secret": "…", "epoch": 7, "edge": "edg_…", "seen": 120 }
//                                     seen = last event number of that edge that it handled; 0 and no edge at first
//   ← { "hello": 1, "edge": "edg_…", "version": "0.1.0", "capabilities": ["adoption", "media", "trace"], "from": 121 }
//   ← { "refused": "secret" | "epoch" | "protocol", "reason": "…" }    and the edge closes
//   → { "id": 1, "do": "endpoint.open", "with": { … } }                 a request
//   ← { "re": 1, "ok": { … } } | { "re": 1, "failed": { "code": "media-no-ports", "reason": "…" } }
//   → { "do": "dialogs.note", "with": { … } }                           the same, told: no id, so no reply
//   ← { "seq": 121, "event": "endpoint.dtmf", "with": { … } }           an event, numbered over the edge's life
//   → { "ack": 121 }                                                    the edge may forget events up to here
// Events that were not acknowledged are kept (bounded) while the link is down and sent again after the hello, in order.
// `edge` names the edge process: another id than last time means that it restarted and all endpoints are gone.
// The client asks `link.ping` now and then; either side that hears nothing for some seconds closes the connection.
// Only the newest epoch is obeyed: a hello with a higher one displaces the older connection (it is closed), one with a
// lower or, while the holder is connected, equal one is refused with "epoch".

export interface Hello {
  hello: 1;
  secret: string;
  epoch: number;
  /** Whose event numbers `seen` counts; an edge of another name takes `seen` for 0. */
  edge?: string | undefined;
  seen: number;
}

export interface Welcome {
  hello: 1;
  edge: string;
  version: string;
  capabilities: string[];
  /** Number of the first event that follows; greater than `seen + 1` where events were lost to the bound. */
  from: number;
}

export interface Refusal {
  refused: 'secret' | 'epoch' | 'protocol';
  reason: string;
}

export interface Request {
  /** Absent where no reply is wanted. */
  id?: number;
  do: string;
  with?: unknown;
}

export type Reply = { re: number; ok: unknown } | { re: number; failed: { code: string; reason: string } };

export interface EventFrame {
  seq: number;
  event: string;
  with: unknown;
}

export interface Ack {
  ack: number;
}

/** A dialog as the edge knows it; what a restarted server needs to go on with the call. */
export interface DialogSnapshot {
  /** `<Call-ID>;from-tag=<tag>`, drachtio's dialog id. */
  dialogId: string;
  role: 'uas' | 'uac';
  /** Text of the INVITE that began it, and of its 200, as on the wire (with the To tag). */
  invite: string;
  answer: string;
  /** Latest bodies, after re-INVITEs. */
  localSdp: string;
  remoteSdp: string;
  /** What the server noted at the dialog: opaque to the edge. */
  note?: string | undefined;
  linked?: string | undefined;
  /** Its server's connection is lost: what is said in it waits for `dialogs.adopted`. False: a connected server has it. */
  orphan: boolean;
  protocol: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  remoteAddress: string;
  remotePort: number;
  /** Milliseconds UTC by the edge's clock as it is at the listing: how long ago, whatever was done to that clock since. */
  answeredAt: number;
}

/** A dialog that ended while no server was connected. */
export interface DialogEnd {
  dialogId: string;
  note?: string | undefined;
  /** Milliseconds UTC by the edge's clock as it is at the listing: how long ago, whatever was done to that clock since. */
  at: number;
  /** `remote`: the far side hung up; `linked`: we said BYE because its linked leg ended; `lost`: refresh or ACK failed. */
  by: 'remote' | 'linked' | 'lost';
}

/** Requests of the adoption capability (served by edge/sip, used by server/signaling/sip). */
export interface DialogRequests {
  /**
   * All confirmed dialogs, and the ends that happened since the server of an earlier epoch or link was lost.
   * `now`: the edge's clock at the answer, ms UTC; its times are to be read against it, as two hosts never agree.
   */
  'dialogs.list': { with: Record<string, never>; ok: { dialogs: DialogSnapshot[]; ended: DialogEnd[]; now: number } };
  /** If one ends while no server is connected, the edge says BYE to the other. Replaces earlier links of both. */
  'dialogs.link': { with: { a: string; b: string }; ok: Record<string, never> };
  /** If the leader ends while no server is connected, the edge says BYE to the follower; not the other way round. */
  'dialogs.follow': { with: { leader: string; follower: string }; ok: Record<string, never> };
  'dialogs.unlink': { with: { a: string }; ok: Record<string, never> };
  'dialogs.note': { with: { dialogId: string; note: string }; ok: Record<string, never> };
  /** The server is ready: events held back for known dialogs flow again, the grace time ends. */
  'dialogs.adopted': { with: Record<string, never>; ok: Record<string, never> };
}
