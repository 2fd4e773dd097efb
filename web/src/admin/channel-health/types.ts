// The state of digital channels as the API gives it.
import type { ConnectorReport, Content } from '../../../../connector/index.ts';

export interface ChannelHealth {
  channel: string;
  name: { en?: string; zh?: string };
  kind: string;
  as: string;
  state: 'working' | 'trouble' | 'away' | 'off' | 'own';
  trouble: string[];
  lastIn?: number;
  lastOut?: number;
  waiting: number;
  waitingSince?: number;
  failed: number;
  open: number;
  connected: boolean;
  report?: ConnectorReport & { at: number };
  retrying: boolean;
}

export interface FailedMessage {
  message: string;
  interaction: string;
  at: number;
  author: 'bot' | 'agent' | 'system';
  agent?: string;
  content: Content;
  code: string;
  reason: string;
}
