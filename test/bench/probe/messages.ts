// What the bench and its prober, a process of its own, say to each other.

export interface ProbeSetup {
  calls: number;
  /** UDP port of the prober's SIP, as caller and as agent. */
  sipPort: number;
  /** What to call through; without it the two ends of each call send to each other directly. */
  through?: { host: string; port: number; service: string };
}

export type ToProber = { do: 'connect'; setup: ProbeSetup } | { do: 'measure'; ms: number } | { do: 'end' };

export type FromProber = { connected: true } | { measured: ProbeResult } | { failed: string };

/** One window of measuring; delays and jitter in milliseconds. */
export interface ProbeResult {
  sent: number;
  received: number;
  lost: number;
  duplicates: number;
  /** Packets that came after a later one of their stream. */
  reordered: number;
  /** Packets whose payload was not as it was sent. */
  altered: number;
  delay: { p50: number; p95: number; p99: number; max: number };
  /** Interarrival jitter (RFC 3550 §6.4.1) against the true send times: mean of all streams, and of the worst one. */
  jitter: { mean: number; worst: number };
}
