import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'channel-unknown': { status: 404, text: 'There is no digital channel {channel}.' },
  'channel-disabled': { status: 409, text: 'The digital channel {channel} is disabled.' },
  'conversation-unknown': { status: 404, text: 'There is no conversation {interaction} under way.' },
  'conversation-not-yours': { status: 403, text: 'Agent {agent} is not in the conversation {interaction}.' },
  'conversation-wrong-phase': { status: 409, text: 'The conversation is in phase {phase}; that cannot be done now.' },
  'conversation-not-offered': { status: 409, text: 'No conversation is offered to agent {agent} as {offer} now.' },
  'conversation-open': { status: 409, text: 'A conversation with this customer is under way there: {interaction}.' },
  'conversation-queue': { status: 422, text: 'Agent {agent} cannot take a conversation of the queue {queue} now.' },
  'conversations-busy': {
    status: 503,
    text: 'Messages cannot be taken just now. Send them again in {seconds} seconds.',
  },
  'contact-without-thread': {
    status: 409,
    text: 'The contact {interaction} does not go on from a conversation, so that there is no place to write to.',
  },
  'contact-long-over': {
    status: 409,
    text: 'The contact {interaction} ended too long ago to write on from it.',
  },
  'thread-public': {
    status: 409,
    text: 'Everybody can read what is written there: people answer there, and nothing is sent by itself.',
  },
  'window-closed': {
    status: 409,
    text: 'The customer wrote too long ago: the provider takes no message for her before she writes again.',
  },
  'quota-spent': {
    status: 409,
    text: 'As many messages as the provider allows were sent; the next is possible when the customer writes again.',
  },
  'message-unknown': { status: 404, text: 'There is no message {message}.' },
  'message-not-pending': { status: 409, text: 'The message {message} does not wait for approval.' },
  'message-not-failed': { status: 409, text: 'The message {message} did not fail; it is not sent again.' },
  'message-content': { status: 422, text: 'That cannot be sent: {reason}.' },
  'approval-own': { status: 403, text: 'Another person than its author has to approve the message.' },
  'number-missing': { status: 422, text: 'No telephone number of this customer is known.' },
  'transfer-to-number': { status: 422, text: 'A conversation cannot be transferred to a telephone number.' },
  'attachment-unknown': { status: 404, text: 'There is no attachment {attachment}.' },
  'attachment-type': { status: 415, text: 'Files of the type {mime} are not taken.' },
  'attachment-too-large': { status: 413, text: 'An attachment has at most {most} bytes.' },
  'attachment-cut-off': { status: 400, text: 'The attachment did not arrive whole.' },
  'canned-answers-many': { status: 409, text: 'There are {most} canned answers: that is as many as can be kept.' },
  'canned-answer-unknown': { status: 404, text: 'There is no canned answer {answer}.' },
});
