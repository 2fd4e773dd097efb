import { describe, expect, it } from 'vitest';
import {
  added,
  branchesOf,
  changed,
  countOf,
  dispositionsOf,
  moved,
  removed,
} from '../../../web/src/admin/disposition-tree.ts';

const given = [
  'solved',
  { code: 'card', label: { en: 'Card', zh: '银行卡' }, children: ['lost', { code: 'blocked', label: { zh: '冻结' } }] },
  'other',
];
const tree = branchesOf(given);

describe('the tree of dispositions', () => {
  it('comes out as it went in', () => {
    expect(dispositionsOf(tree)).toEqual(given);
    expect(countOf(tree)).toBe(5);
    expect(branchesOf(undefined)).toEqual([]);
  });

  it('takes new ones, with codes of their own, anywhere', () => {
    const root = added(tree, []);
    expect(root.place).toEqual([3]);
    const below = added(root.branches, [0]);
    expect(below.place).toEqual([0, 0]);
    expect(dispositionsOf(below.branches)).toEqual([{ code: 'solved', children: ['new-2'] }, given[1], 'other', 'new']);
  });

  it('moves one with all below it, up, down, in and out, and not where there is no way', () => {
    expect(moved(tree, [0], 'up')).toBeUndefined();
    expect(moved(tree, [2], 'down')).toBeUndefined();
    expect(moved(tree, [0], 'in')).toBeUndefined();
    expect(moved(tree, [0], 'out')).toBeUndefined();
    const up = moved(tree, [1], 'up');
    expect(up && dispositionsOf(up.branches)).toEqual([given[1], 'solved', 'other']);
    const inside = moved(tree, [1], 'in');
    expect(inside?.place).toEqual([0, 0]);
    expect(inside && dispositionsOf(inside.branches)).toEqual([{ code: 'solved', children: [given[1]] }, 'other']);
    const out = inside && moved(inside.branches, inside.place, 'out');
    expect(out?.place).toEqual([1]);
    expect(out && dispositionsOf(out.branches)).toEqual(given);
    const deep = branchesOf([
      { code: 'a', children: [{ code: 'b', children: [{ code: 'c', children: [{ code: 'd' }] }] }] },
      { code: 'e', children: ['f'] },
      { code: 'g', children: [{ code: 'h', children: [{ code: 'i', children: [{ code: 'j', children: ['k'] }] }] }] },
    ]);
    expect(moved(deep, [1], 'in')?.place).toEqual([0, 1]);
    // Five levels are the most, and it has five of its own.
    expect(moved(deep, [2], 'in')).toBeUndefined();
  });

  it('is renamed and cut', () => {
    expect(dispositionsOf(changed(tree, [1, 0], { code: 'stolen', en: ' Stolen ' }))[1]).toMatchObject({
      children: [{ code: 'stolen', label: { en: 'Stolen' } }, { code: 'blocked' }],
    });
    expect(dispositionsOf(removed(tree, [1]))).toEqual(['solved', 'other']);
    expect(dispositionsOf(removed(removed(tree, [1, 1]), [1, 0]))[1]).toEqual({
      code: 'card',
      label: { en: 'Card', zh: '银行卡' },
    });
  });
});
