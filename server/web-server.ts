// HTTP servers that a stranger cannot wear out with slow or endless requests.
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';

export interface WebLimits {
  /** The head of a request must be there within that time from the connection on. */
  headMs: number;
  /** The whole request, with its body. Answers may take as long as they want. */
  requestMs: number;
  checkMs: number;
  connections: number;
}

const standard: WebLimits = { headMs: 10_000, requestMs: 30_000, checkMs: 2_000, connections: 5_000 };

export function createWebServer(app: RequestListener, limits: Partial<WebLimits> = {}): HttpServer {
  const { headMs, requestMs, checkMs, connections } = { ...standard, ...limits };
  const options = { headersTimeout: headMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  const http = createServer(options, app);
  http.maxConnections = connections;
  http.maxHeadersCount = 100;
  return http;
}
