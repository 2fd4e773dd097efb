export { type AnswerReportArgs, type AnswerRow, answerReport } from './answer-report.ts';
export { type KeptAttachment, plain as plainAttachment } from './attachments.ts';
export { type CannedAnswer, type CannedAnswerBody, cannedAnswerSchema, filledIn } from './canned-answers.ts';
export { textOf } from './content-text.ts';
export type { ConversationTools, EscalationWish, KnownPerson, People } from './conversation-tools.ts';
export { Conversations, type RealConversation } from './conversations.ts';
export { type OutboundListener, Outbox } from './outbox.ts';
export type { ReviewedAnswer } from './outside-rows.ts';
export { conversationView, messageView } from './views.ts';
