import type { ApiDeps } from '../deps.ts';
import type { Endpoint } from '../endpoint.ts';
import { agentActionEndpoints } from './agent-actions.ts';
import { answerEndpoints } from './answers.ts';
import { approvalEndpoints } from './approvals.ts';
import { auditEndpoints } from './audit.ts';
import { callbackEndpoints } from './callbacks.ts';
import { cannedAnswerEndpoints } from './canned-answers.ts';
import { channelHealthEndpoints } from './channel-health.ts';
import { connectorEndpoints } from './connectors.ts';
import { conversationEndpoints } from './conversations.ts';
import { customerEventEndpoints } from './customer-events.ts';
import { customerMergeEndpoints } from './customer-merges.ts';
import { customerPrivacyEndpoints } from './customer-privacy.ts';
import { customerEndpoints } from './customers.ts';
import { directoryEndpoints } from './directory.ts';
import { egressEndpoints } from './egress.ts';
import { eventEndpoints } from './events.ts';
import { flowEndpoints } from './flows.ts';
import { importEndpoints } from './imports.ts';
import { interactionEndpoints } from './interactions.ts';
import { journalEndpoints } from './journal.ts';
import { knowledgeEndpoints } from './knowledge.ts';
import { liveEndpoints } from './live.ts';
import { mediaHostEndpoints } from './media-hosts.ts';
import { momentEffectEndpoints } from './moment-effects.ts';
import { momentEndpoints } from './moments.ts';
import { operationEndpoints } from './operation.ts';
import { qualityEndpoints } from './quality.ts';
import { recordingEndpoints } from './recordings.ts';
import { reportEndpoints } from './reports.ts';
import { secondFactorEndpoints } from './second-factor.ts';
import { sessionEndpoints } from './session.ts';
import { signInEndpoints } from './sign-in.ts';
import { sipTraceEndpoints } from './sip-trace.ts';
import { socialEndpoints } from './social.ts';
import { socialCareEndpoints } from './social-care.ts';
import { tokenEndpoints } from './tokens.ts';
import { visitorCallEndpoints } from './visitor-calls.ts';
import { workItemEndpoints } from './work-items.ts';

/** Every endpoint under /api/v1, in the order of the documentation. */
export function allEndpoints(deps: ApiDeps): Endpoint[] {
  return [
    ...sessionEndpoints(deps),
    ...secondFactorEndpoints(deps),
    ...signInEndpoints(deps),
    ...tokenEndpoints(deps),
    ...agentActionEndpoints(deps),
    ...liveEndpoints(deps),
    ...eventEndpoints(deps),
    ...interactionEndpoints(deps),
    ...sipTraceEndpoints(deps),
    ...recordingEndpoints(deps),
    ...customerMergeEndpoints(deps),
    ...customerEventEndpoints(deps),
    ...customerEndpoints(deps),
    ...customerPrivacyEndpoints(deps),
    ...directoryEndpoints(deps),
    ...importEndpoints(deps),
    ...flowEndpoints(deps),
    ...callbackEndpoints(deps),
    ...connectorEndpoints(deps),
    ...channelHealthEndpoints(deps),
    ...visitorCallEndpoints(deps),
    ...conversationEndpoints(deps),
    ...cannedAnswerEndpoints(deps),
    ...answerEndpoints(deps),
    ...workItemEndpoints(deps),
    ...reportEndpoints(deps),
    ...momentEffectEndpoints(deps),
    ...momentEndpoints(deps),
    ...socialEndpoints(deps),
    ...socialCareEndpoints(deps),
    ...approvalEndpoints(deps),
    ...qualityEndpoints(deps),
    ...knowledgeEndpoints(deps),
    ...mediaHostEndpoints(deps),
    ...journalEndpoints(deps),
    ...auditEndpoints(deps),
    ...egressEndpoints(deps),
    ...operationEndpoints(deps),
  ];
}
