import type { IncomingMessage } from 'node:http';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { AgentId, Clock, Language } from '../../values/index.ts';
import type { Journal } from '../journal/index.ts';
import type { AgentWork, CallControl, ConversationControl, Directory, PanelPhones, Role } from '../ports/index.ts';
import type { DeskLimits } from './limits.ts';
import type { Reason } from './reasons.ts';

/** Who a request's session cookie belongs to. */
export interface Login {
  agent: AgentId;
  roles: readonly Role[];
  /** Names the login session, so that its panels go with it (`Desk.endSession`). */
  session?: string | undefined;
}

export interface DetourFlow {
  flow: string;
  name: Partial<Record<Language, string>>;
}

export interface DeskOptions {
  directory: Directory;
  agentWork: AgentWork;
  callControl: CallControl;
  conversations: ConversationControl;
  journal: Journal;
  /** Of the journal: redial lists lie in it. */
  database: Database;
  /** Undefined where the request has no valid session. */
  authenticate: (request: IncomingMessage) => Login | undefined | Promise<Login | undefined>;
  /** Phones inside panels. */
  phones?: PanelPhones | undefined;
  logger: Logger;
  clock: Clock;
  /** Origins that panels may come from besides the server's own host: `https://desk.bank.example`. */
  origins?: readonly string[];
  /** Origins of pages that may show the panel in a frame and speak with it. Default none. */
  embedders?: readonly string[];
  /** Reasons for not being ready; default: break, lunch, paperwork, meeting, training. */
  reasons?: readonly Reason[];
  /** Flows that callers can be sent into by agents, asked at every snapshot. Default: none. */
  flows?: () => readonly DetourFlow[];
  /** For tests. */
  limits?: Partial<DeskLimits>;
}
