// Every error leaves as { code, message, field?, details }; never a stack trace, never a surprise.
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { newId, SwitchroomError } from '../../values/index.ts';
import { failed } from './errors.ts';
import { languageOf, sentenceOf } from './sentences.ts';

export const noSuchEndpoint: RequestHandler = (request) => {
  throw failed['no-such-endpoint']({ method: request.method, path: request.path });
};

export function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const known = knownError(error);
    const status = known?.status ?? 500;
    const language = languageOf(request);
    if (status >= 500 && status !== 503) {
      const id = newId('req');
      logger.error({ err: error, request: id, method: request.method, route: request.route?.path }, 'request failed');
      if (response.headersSent) return next(error);
      const message = failed['internal-error']({ request: id });
      response
        .status(500)
        .json({ code: known?.code ?? message.code, message: sentenceOf(message, language), details: { request: id } });
      return;
    }
    if (response.headersSent || known === undefined) return next(error);
    const { field, seconds, ...details } = known.details;
    if (typeof seconds === 'number') response.set('Retry-After', String(seconds));
    if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="switchroom"');
    const body = {
      code: known.code,
      message: sentenceOf(known, language),
      ...(field === undefined ? {} : { field }),
      details,
    };
    response.set('Content-Language', language).status(status).json(body);
  };
}

function knownError(error: unknown): SwitchroomError | undefined {
  if (error instanceof SwitchroomError) return error;
  // body-parser and Express mark theirs by `type` and `status`.
  const { type, status, limit } = error as { type?: unknown; status?: unknown; limit?: unknown };
  if (type === 'entity.too.large') return failed['body-too-large']({ limit: `${String(limit)} bytes` });
  if (type === 'request.aborted') return failed['client-gone']();
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return failed['content-type-unsupported']();
  if (type === 'entity.parse.failed') return failed['body-not-json']();
  if (error instanceof URIError || (typeof status === 'number' && status >= 400 && status < 500)) {
    return failed['request-invalid']({ part: 'request', field: 'path', reason: 'it cannot be decoded or served' });
  }
  return undefined;
}
