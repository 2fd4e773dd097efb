import { describe, expect, it } from 'vitest';
import { differences, sidesOf } from '../../../web/src/admin/audit/differences.ts';
import { readMetrics, sumOf } from '../../../web/src/admin/health/read-metrics.ts';

describe('what changed between two records', () => {
  it('names the fields, with what was before and after', () => {
    const before = { name: 'Ada', phone: { kind: 'registered', user: '1001' }, queues: ['a'], team: 'red', same: 1 };
    const after = { name: 'Ada L.', phone: { kind: 'uri', uri: 'sip:1@h' }, queues: ['a', 'b'], same: 1 };
    expect(differences(before, after)).toEqual([
      { field: 'name', before: 'Ada', after: 'Ada L.' },
      { field: 'phone.kind', before: 'registered', after: 'uri' },
      { field: 'phone.uri', before: undefined, after: 'sip:1@h' },
      { field: 'queues', before: 'a', after: 'a, b' },
      { field: 'phone.user', before: '1001', after: undefined },
      { field: 'team', before: 'red', after: undefined },
    ]);
  });

  it('puts what is personal back to the rest of the record', () => {
    const data = {
      key: '1001',
      by: 'admin',
      before: { team: 'red' },
      personBefore: { name: 'Ada' },
      record: { team: 'red' },
    };
    const { before, after } = sidesOf({ ...data, person: { name: 'Ada L.' } });
    expect(differences(before, after)).toEqual([{ field: 'name', before: 'Ada', after: 'Ada L.' }]);
    expect(sidesOf({ key: '1001', record: { team: 'red' } })).toEqual({ before: undefined, after: { team: 'red' } });
    expect(sidesOf({ recording: 'rec_1' })).toEqual({ before: undefined, after: undefined });
  });

  it('shows a new record and one that is gone whole', () => {
    expect(differences(undefined, { a: true })).toEqual([{ field: 'a', before: undefined, after: 'true' }]);
    expect(differences({ a: [{ b: 1 }] }, null)).toEqual([{ field: 'a', before: '[{"b":1}]', after: undefined }]);
  });
});

describe('reading metrics', () => {
  const samples = readMetrics(
    [
      '# HELP switchroom_calls Calls by phase.',
      '# TYPE switchroom_calls gauge',
      'switchroom_calls{phase="ivr"} 2',
      'switchroom_calls{phase="talking",note="a \\"b\\" {c} \\\\n"} 3',
      'process_cpu_seconds_total 1.5e1',
      '',
    ].join('\n'),
  );

  it('sums what has the labels', () => {
    expect(sumOf(samples, 'switchroom_calls')).toBe(5);
    expect(sumOf(samples, 'switchroom_calls', { phase: 'talking' })).toBe(3);
    expect(sumOf(samples, 'process_cpu_seconds_total')).toBe(15);
    expect(sumOf(samples, 'nobody_knows')).toBe(0);
  });

  it('reads labels with quotes, braces and backslashes', () => {
    expect(samples.get('switchroom_calls')?.[1]?.labels.note).toBe('a "b" {c} \\n');
  });
});
