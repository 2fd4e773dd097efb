// Every kind of connector that the sidecar knows: one line each.
import type { ConnectorKind } from '../connector.ts';
import { webhook } from './webhook/index.ts';

/** Its settings have passed its own schema before it is opened: that makes it safe to forget their type here. */
function known<Settings>(kind: ConnectorKind<Settings>): ConnectorKind {
  return kind as unknown as ConnectorKind;
}

export const connectorKinds: readonly ConnectorKind[] = [known(webhook)];
