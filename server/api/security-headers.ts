import type { RequestHandler } from 'express';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
];

/**
 * Headers of every answer.
 * @param secure the server is reached over HTTPS: browsers are to stay with it
 * @param embedders origins whose pages may show ours in a frame; X-Frame-Options knows no lists, so that it is left out then
 */
export function securityHeaders(secure: boolean, embedders: readonly string[] = []): RequestHandler {
  const ancestors = embedders.length === 0 ? "'none'" : embedders.join(' ');
  const headers: Record<string, string> = {
    'Content-Security-Policy': [...policy, `frame-ancestors ${ancestors}`].join('; '),
    'X-Content-Type-Options': 'nosniff',
    ...(embedders.length === 0 ? { 'X-Frame-Options': 'DENY' } : {}),
    'Referrer-Policy': 'no-referrer',
    // The window of a CRM that the panel opens stays within its reach, so that the next customer is shown in the same one.
    'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(self)',
    ...(secure ? { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' } : {}),
  };
  return (_request, response, next) => {
    response.set(headers);
    next();
  };
}
