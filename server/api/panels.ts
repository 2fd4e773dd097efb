import path from 'node:path';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { answerErrors, noSuchEndpoint } from './error-answers.ts';

/**
 * Serves the built panels (web/dist) beside the API. Files under assets/ carry a hash in their names and never change;
 * every other page is the panel itself, which finds its own way.
 * Call it last: what comes after it is not found.
 * @param folder with index.html
 */
export function servePanels(app: Express, folder: string, logger: Logger): void {
  app.use('/assets', express.static(path.join(folder, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  app.use(express.static(folder, { index: 'index.html', maxAge: 0 }));
  app.get(/^\/(?!api\/|assets\/)[^.]*$/, (_request, response) => {
    response.set('Cache-Control', 'no-cache').sendFile(path.resolve(folder, 'index.html'));
  });
  app.use(noSuchEndpoint);
  app.use(answerErrors(logger));
}
