// Failures that cross the link keep their code, so that the asking side can branch on it.

/**
 * A request that failed: thrown by a handler on the edge, and with the same code by `LinkClient.request` at the server.
 * Codes of the link itself: `link-down` (no connection, or it broke before the reply), `link-timeout`,
 * `request-unknown` (nobody serves that name), `request-invalid` (a field is wrong), `internal` (a defect; see the edge's log).
 */
export class LinkFailure extends Error {
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason: string, options?: ErrorOptions) {
    super(`${code}: ${reason}`, options);
    this.name = 'LinkFailure';
    this.code = code;
    this.reason = reason;
  }
}
