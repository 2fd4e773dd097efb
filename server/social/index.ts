export { Clusters } from './clusters.ts';
export { priorityOf } from './priority.ts';
export { type Question, Social, type SocialOptions } from './social.ts';
export { type SocialFigures, socialFigures } from './social-figures.ts';
export { SocialStream, type SocialStreamOptions } from './stream.ts';
export { type QuestionView, socialPage, socialQuestions } from './stream-reads.ts';
export { type SocialState, type StreamFilter, type StreamItem, socialStates } from './stream-rows.ts';
export { type Feeling, feelingOf, type Tone } from './tone.ts';
