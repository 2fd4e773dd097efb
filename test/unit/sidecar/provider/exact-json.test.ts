import { expect, test } from 'vitest';
import { exactJson, jsonObject, numberAt, objectsAt, textAt } from '../../../../sidecar/channels/provider/index.ts';

test('integers that a number cannot hold are their digits; all others are numbers', () => {
  const read = exactJson(
    '{"a":9007199254740993,"b":9007199254740991,"c":-9223372036854775808,"d":1.5,"e":1e300,"f":[18446744073709551615],"g":"9007199254740993"}',
  );
  expect(read).toEqual({
    a: '9007199254740993',
    b: 9007199254740991,
    c: '-9223372036854775808',
    d: 1.5,
    e: 1e300,
    f: ['18446744073709551615'],
    g: '9007199254740993',
  });
});

test('digits inside of texts stay what they are', () => {
  expect(exactJson('{"text":"order 9007199254740993, \\"id\\": 9007199254740993"}')).toEqual({
    text: 'order 9007199254740993, "id": 9007199254740993',
  });
});

test('fields are read whether the provider writes numbers or texts', () => {
  const object =
    jsonObject('{"id":2489518277,"big":4294917290000000001,"seconds":"7200","none":"","list":[{"a":1},2,null]}') ?? {};
  expect(textAt(object, 'id')).toBe('2489518277');
  expect(textAt(object, 'big')).toBe('4294917290000000001');
  expect(textAt(object, 'none')).toBeUndefined();
  expect(numberAt(object, 'seconds')).toBe(7200);
  expect(numberAt(object, 'none')).toBeUndefined();
  expect(objectsAt(object, 'list')).toEqual([{ a: 1 }]);
  expect(jsonObject('[1]')).toBeUndefined();
  expect(jsonObject('{')).toBeUndefined();
});
