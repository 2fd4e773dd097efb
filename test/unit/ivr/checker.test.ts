import { describe, expect, it } from 'vitest';
import { type CheckContext, checkFlow, formatFinding, readFlow } from '../../../server/ivr/index.ts';

/** Findings as `line:column code sentence`. */
function findings(text: string, context: CheckContext = {}, file = 'a.json'): string[] {
  return checkFlow(text, file, context).map((each) => `${each.line}:${each.column} ${each.code} ${each.sentence}`);
}

/** A flow `a` with these nodes, one a line, so that the first node stands in line 2. */
function flow(nodes: string[], head = '"start": "one"'): string {
  return `{ "flow": "a", ${head}, "nodes": {\n${nodes.join(',\n')}\n} }`;
}

const bye = '"bye": { "type": "hangup" }';

describe('text and shape', () => {
  it('finds nothing wrong with a flow that is right', () => {
    expect(
      findings(flow(['"one": { "type": "say", "prompt": { "en": "Hi", "zh": "你好" }, "next": "bye" }', bye])),
    ).toEqual([]);
  });

  it.each([
    ['{ "flow": "a",\n  "start": "one" "nodes": {} }', '2:18 json-syntax A comma is missing before this.'],
    [
      '{ "flow": "a",\n}',
      '2:1 json-syntax A key in "quotes" is expected here; perhaps there is a comma too many before it.',
    ],
    ['{\n // hm\n}', '2:2 json-syntax JSON has no comments; write a "note" instead.'],
    ['{ "flow": "a"', '1:14 json-syntax A closing } is missing here.'],
    ['', '1:1 json-syntax A value is expected here; perhaps there is a comma too many before it.'],
  ])('points at the place where the JSON breaks: %j', (text, wanted) => {
    expect(findings(text)).toEqual([wanted]);
  });

  it('counts columns behind a byte order mark and Windows line ends', () => {
    expect(findings('\uFEFF{ "flow": "a",\r\n "start": 5, "nodes": {} }')).toEqual([
      '2:11 value-wrong "start" must be a text in "quotes".',
    ]);
  });

  it('asks what was meant by an unknown key', () => {
    expect(
      findings(flow(['"one": { "type": "say", "promt": { "en": "Hi", "zh": "你好" }, "next": "bye" }', bye])),
    ).toEqual([
      '2:8 key-missing The key "prompt" is missing in "one".',
      '2:25 key-unknown There is no key "promt" here. Did you mean "prompt"?',
    ]);
  });

  it('lists the keys where none is near', () => {
    expect(findings(flow(['"one": { "type": "hangup", "zebra": 1 }']))).toEqual([
      '2:28 key-unknown There is no key "zebra" here. It takes "type", "note", "prompt".',
    ]);
  });

  it('names what is missing at the top of the file', () => {
    expect(findings('{ "flow": "a", "nodes": {} }')).toEqual(['1:1 key-missing The key "start" is missing.']);
  });

  it('asks what was meant by an unknown type of node', () => {
    expect(findings(flow(['"one": { "type": "collct" }']))).toEqual([
      '2:18 type-unknown There is no type of node "collct". Did you mean "collect"?',
    ]);
  });

  it('finds a key that stands twice', () => {
    expect(findings(flow(['"one": { "type": "hangup" }', '"one": { "type": "hangup" }']))).toEqual([
      '3:1 key-twice The key "one" stands twice here; only the last would count.',
    ]);
  });

  it('wants one key per choice', () => {
    const menu =
      '"one": { "type": "menu", "prompt": "m", "choices": { "12": "bye" }, "timeout": "bye", "invalid": "bye" }';
    expect(findings(flow([menu, bye]))).toEqual(['2:54 value-wrong The name "12" must be one key: 0 to 9, * or #.']);
  });

  it('looks into deep places: a question within a question', () => {
    const branch =
      '"one": { "type": "branch", "cases": [{ "if": { "any": [{ "tga": "vip" }] }, "next": "bye" }], "next": "bye" }';
    expect(findings(flow([branch, bye]))).toEqual(['2:58 key-unknown There is no key "tga" here. Did you mean "tag"?']);
  });

  it('wants the file to be called as the flow', () => {
    expect(findings(flow(['"one": { "type": "hangup" }']), {}, 'flows/b.json')).toEqual([
      '1:11 name-differs The flow is called "a", but its file "b.json".',
    ]);
  });

  it('prints a finding as compilers do', () => {
    const [first] = checkFlow('{', 'a.json');
    expect(formatFinding(first!)).toBe('a.json:1:2 error json-syntax: A closing } is missing here.');
  });
});

describe('nodes and exits', () => {
  it('asks what was meant by an unknown node, wherever it is named', () => {
    const nodes = ['"one": { "type": "say", "prompt": "p", "next": "acount" }', '"account": { "type": "hangup" }'];
    expect(findings(flow(nodes))).toEqual([
      '2:48 node-unknown There is no node "acount". Did you mean "account"?',
      '3:1 node-unreachable No way leads to the node "account".',
    ]);
    expect(findings(flow([bye], '"start": "by"'))).toEqual([
      '1:25 node-unknown There is no node "by". Did you mean "bye"?',
    ]);
  });

  it('reports an unknown error node once, not at every exit that falls back to it', () => {
    const menu = '"one": { "type": "menu", "prompt": "m", "choices": { "1": "bye" } }';
    expect(findings(flow([menu, bye], '"start": "one", "error": "eror"'))).toEqual([
      '1:41 node-unknown There is no node "eror".',
    ]);
  });

  it('names each exit that is missing, and is content with an error exit of the flow', () => {
    const menu = '"one": { "type": "menu", "prompt": "m", "choices": { "1": "bye" } }';
    expect(findings(flow([menu, bye]))).toEqual([
      '2:1 exit-missing The node "one" does not say where to go for "timeout", and the flow has no "error" for it.',
      '2:1 exit-missing The node "one" does not say where to go for "invalid", and the flow has no "error" for it.',
    ]);
    expect(findings(flow([menu, bye], '"start": "one", "error": "bye"'))).toEqual([]);
  });

  it('warns of a node that no way leads to; the flow is taken all the same', () => {
    const text = flow(['"one": { "type": "hangup" }', bye]);
    expect(findings(text)).toEqual(['3:1 node-unreachable No way leads to the node "bye".']);
    expect(readFlow(text, 'a.json').flow?.name).toBe('a');
  });

  it('finds a circle that never asks the caller', () => {
    const nodes = [
      '"one": { "type": "say", "prompt": "p", "next": "two" }',
      '"two": { "type": "branch", "cases": [{ "if": { "tag": "vip" }, "next": "bye" }], "next": "one" }',
      bye,
    ];
    expect(findings(flow(nodes))).toEqual([
      '2:1 loop-endless The flow goes round without ever asking the caller: "one" → "two" → "one".',
    ]);
  });

  it('finds a circle with questions that nothing leads out of', () => {
    const nodes = [
      '"one": { "type": "menu", "prompt": "m", "choices": { "1": "one" }, "timeout": "one", "invalid": "one" }',
    ];
    expect(findings(flow(nodes))).toEqual(['2:1 loop-endless Nothing leads out of this circle: "one" → "one".']);
  });

  it('warns of a circle for a caller who presses nothing', () => {
    const nodes = [
      '"one": { "type": "menu", "prompt": "m", "choices": { "1": "bye" }, "timeout": "one", "invalid": "bye" }',
      bye,
    ];
    expect(findings(flow(nodes))).toEqual([
      '2:1 loop-silent A caller who presses nothing goes round here until the step limit ends the call: "one" → "one".',
    ]);
  });
});

describe('prompts and variables', () => {
  it('wants every prompt in every language of the flow', () => {
    const nodes = ['"one": { "type": "say", "prompt": { "en": "Hi" }, "next": "bye" }', bye];
    expect(findings(flow(nodes))).toEqual(['2:35 prompt-missing The prompt has no Chinese text ("zh").']);
    expect(findings(flow(nodes, '"start": "one", "languages": ["en"]'))).toEqual([]);
  });

  it('knows which recordings there are', () => {
    const nodes = [
      '"one": { "type": "say", "prompt": ["hello", { "file": "more", "en": "More", "zh": "更多" }], "next": "bye" }',
      bye,
    ];
    const context: CheckContext = {
      hasRecording: (file, language) => file === 'hello' && language === 'en',
      canSpeak: (language) => language === 'en',
    };
    expect(findings(flow(nodes), context)).toEqual([
      '2:36 prompt-missing There is no Chinese recording "hello", and no text ("zh") to synthesise.',
      '2:45 recording-missing There is no Chinese recording "more", and no speech engine speaks Chinese: the caller would hear nothing.',
    ]);
  });

  it('knows which variables there are', () => {
    const nodes = [
      '"one": { "type": "collect", "prompt": "p", "variable": "account", "max": 8, "next": "two", "timeout": "two", "invalid": "two" }',
      '"two": { "type": "say", "prompt": { "digits": "{acount}" }, "next": "bye" }',
      bye,
    ];
    expect(findings(flow(nodes))).toEqual([
      '3:47 variable-unknown Nothing sets the variable "acount". Did you mean "account"?',
    ]);
  });

  it('keeps secrets: they can be compared, but not said, queued by, or copied', () => {
    const nodes = [
      '"one": { "type": "collect", "prompt": "p", "variable": "pin", "max": 4, "secret": true, "next": "two", "timeout": "two", "invalid": "two" }',
      '"two": { "type": "set", "variables": { "copy": "{pin}" }, "next": "three" }',
      '"three": { "type": "branch", "cases": [{ "if": { "variable": "pin", "equals": "1234" }, "next": "four" }], "next": "bye" }',
      '"four": { "type": "transfer", "to": "{pin}", "error": "bye" }',
      bye,
    ];
    expect(findings(flow(nodes)).map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual([
      '3:48 secret-spoken',
      '5:37 secret-spoken',
    ]);
  });

  it('wants one question per "if"', () => {
    const office = { open: [{ days: ['mon' as const], from: '09:00', to: '17:00' }] };
    const ask = (condition: string) =>
      findings(
        flow([`"one": { "type": "branch", "cases": [{ "if": ${condition}, "next": "bye" }], "next": "bye" }`, bye]),
        { hours: new Map([['office', office]]) },
      );
    expect(ask('{}')).toEqual(['2:46 value-wrong The "if" asks nothing.']);
    expect(ask('{ "tag": "a", "language": "en" }')).toEqual([
      '2:46 value-wrong The "if" asks several things (tag, language); put them into "all" or "any".',
    ]);
    expect(ask('{ "hours": "offce" }')).toEqual([
      '2:57 hours-unknown Neither the flow nor the site has hours "offce". Did you mean "office"?',
    ]);
    expect(ask('{ "hours": "office" }')).toEqual([]);
    expect(ask('{ "variable": "from" }')[0]).toContain('What about "from"?');
  });
});

describe('what stands beside the flow', () => {
  const queue = (name: string, skill: string) =>
    flow([`"one": { "type": "queue", "queue": "${name}", "skills": { "${skill}": 1 }, "overflow": "bye" }`, bye]);
  const context: CheckContext = { queues: ['service', 'vip'], skills: ['en', 'zh', 'cards'] };

  it('knows queues and skills where the context lists them', () => {
    expect(findings(queue('servise', 'card'), context)).toEqual([
      '2:36 queue-unknown There is no queue "servise". Did you mean "service"?',
      '2:59 skill-unknown There is no skill "card". Did you mean "cards"?',
    ]);
    expect(findings(queue('servise', 'card'))).toEqual([]);
  });

  it('fills in the language, and leaves other variables to the call', () => {
    expect(findings(queue('service', '{language}'), context)).toEqual([]);
    expect(findings(queue('service-{language}', 'en'), context).map((each) => each.slice(0, 60))).toEqual([
      '2:36 queue-unknown There is no queue "service-en". Did you m',
      '2:36 queue-unknown There is no queue "service-zh". Did you m',
    ]);
    expect(findings(queue('{from}', 'en'), context)).toEqual([]);
  });

  it('knows other flows, what they return, and circles of calls', () => {
    const call = flow([
      '"one": { "type": "flow", "flow": "pni", "results": { "confirmd": "bye" }, "next": "bye", "error": "bye" }',
      bye,
    ]);
    const flows = new Map([['pin', { results: ['confirmed'], calls: ['a'] }]]);
    expect(findings(call, { flows })).toEqual(['2:34 flow-unknown There is no flow "pni". Did you mean "pin"?']);
    expect(findings(call.replace('pni', 'pin'), { flows })).toEqual([
      '2:34 flow-circle Flows call each other in a circle: a → pin → a.',
      '2:54 result-unknown The flow "pin" never returns "confirmd". Did you mean "confirmed"?',
    ]);
  });
});
