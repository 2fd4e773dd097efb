// The records that administrators keep, and how their pages show them.
import type { IconName } from '../parts/icon-shapes.ts';

/** A list that fields choose from. */
export type Choices = 'queues' | 'hours' | 'skills' | 'flows' | 'trunks' | 'agents' | 'sip-users';

export interface Kind {
  /** Its collection under /api/v1, and the page's name. */
  name: 'agents' | 'queues' | 'hours' | 'skills' | 'dids' | 'channels' | 'trunks' | 'sip-users' | 'dial-rules';
  icon: IconName;
  key: string;
  /** Fields shown in the list, after the key. */
  columns: string[];
  /** Where fields, by their path without list places, take their values from. */
  references: Record<string, Choices>;
  /** Fields that stand in a section of the form, in this order; all others follow in the last one. */
  sections: { name: string; fields: string[] }[];
  /** How the key is written in an address where it may be empty. */
  emptyKey?: string;
}

export const kinds: Kind[] = [
  {
    name: 'agents',
    icon: 'person',
    key: 'id',
    columns: ['name', 'roles', 'team', 'queues', 'phone'],
    references: { queues: 'queues', 'skills.key': 'skills', 'phone.user': 'sip-users' },
    sections: [
      { name: 'person', fields: ['name', 'roles', 'team', 'language', 'disabled'] },
      { name: 'work', fields: ['queues', 'skills', 'capacity'] },
      { name: 'phone', fields: ['phone', 'autoAnswer', 'announceNumber', 'dialClasses'] },
    ],
  },
  {
    name: 'queues',
    icon: 'queue',
    key: 'id',
    columns: ['name', 'strategy', 'priority', 'serviceLevelMs', 'team'],
    references: { 'skills.skill': 'skills', 'rings.alsoQueues': 'queues', hours: 'hours' },
    sections: [
      { name: 'about', fields: ['name', 'team', 'priority', 'serviceLevelMs', 'firstAnswerMs'] },
      {
        name: 'distribution',
        fields: ['strategy', 'skills', 'languageSkill', 'languageSkillMs', 'rings', 'ringMs', 'exclusionMs'],
      },
      { name: 'hours', fields: ['hours', 'atClose'] },
      { name: 'waiting', fields: ['maxWaitMs', 'maxLength', 'whenEmpty', 'music', 'announceEveryMs'] },
      {
        name: 'after',
        fields: [
          'wrapUpMs',
          'wrapUpLimitMs',
          'dispositions',
          'dispositionRequired',
          'dispositionMissing',
          'record',
          'tellMonitored',
          'popUrl',
          'popByItself',
        ],
      },
      { name: 'thresholds', fields: ['thresholds'] },
    ],
  },
  {
    name: 'hours',
    icon: 'clock',
    key: 'name',
    columns: ['label', 'timeZone', 'team'],
    references: {},
    sections: [
      { name: 'about', fields: ['label', 'team', 'timeZone', 'note'] },
      { name: 'hours', fields: ['open', 'closedOn', 'openOn'] },
    ],
  },
  { name: 'skills', icon: 'check', key: 'name', columns: ['team'], references: {}, sections: [] },
  {
    name: 'dids',
    icon: 'keypad',
    key: 'number',
    columns: ['flow', 'language', 'team'],
    references: { flow: 'flows' },
    sections: [],
  },
  {
    name: 'channels',
    icon: 'chat',
    key: 'id',
    columns: ['name', 'kind', 'channel', 'to', 'language', 'team'],
    references: { 'to.flow': 'flows', 'to.queue': 'queues', 'skills.skill': 'skills' },
    sections: [
      { name: 'about', fields: ['name', 'kind', 'channel', 'team', 'language', 'disabled'] },
      { name: 'distribution', fields: ['to', 'priority', 'skills', 'joining'] },
      {
        name: 'answers',
        fields: ['firstAnswerMs', 'warnMs', 'lateRaise', 'idleMs', 'returnMs', 'approval', 'mostPerMinute'],
      },
    ],
  },
  {
    name: 'trunks',
    icon: 'transfer',
    key: 'name',
    columns: ['uri', 'sources', 'maxCalls', 'country'],
    references: {},
    sections: [
      { name: 'in', fields: ['sources', 'inboundAuth', 'country'] },
      { name: 'out', fields: ['uri', 'outboundAuth', 'maxCalls'] },
    ],
  },
  {
    name: 'sip-users',
    icon: 'phone',
    key: 'user',
    columns: ['agent', 'team'],
    references: { agent: 'agents' },
    sections: [],
  },
  {
    name: 'dial-rules',
    icon: 'flow',
    key: 'prefix',
    columns: ['trunk', 'strip', 'prepend'],
    references: { trunk: 'trunks' },
    sections: [],
    emptyKey: 'default',
  },
];
