import { expect, test } from 'vitest';
import { readXml, writeXml, XmlError, xmlEach, xmlInside, xmlText } from '../../../../sidecar/channels/weixin/index.ts';

test('a message as the provider writes it', () => {
  const xml = readXml(`<?xml version="1.0" encoding="UTF-8"?>
<xml>
<ToUserName><![CDATA[gh_1]]></ToUserName>
<CreateTime>1348831860</CreateTime>
<Content><![CDATA[a <b> & ]] c]]></Content>
<Label>1 &lt; 2 &amp; &#27721;</Label>
<Empty></Empty><Closed/>
<MsgId>24000000000000001</MsgId>
</xml>`);
  expect(xmlText(xml, 'ToUserName')).toBe('gh_1');
  expect(xmlText(xml, 'Content')).toBe('a <b> & ]] c');
  expect(xmlText(xml, 'MsgId')).toBe('24000000000000001');
  expect(xmlText(xml, 'Empty')).toBeUndefined();
  expect(xmlText(xml, 'Closed')).toBeUndefined();
  expect(xmlText(xml, 'toString')).toBeUndefined();
});

test('entities that are known, and those of one’s own', () => {
  expect(xmlText(readXml('<xml><a>1 &lt; 2 &amp; &#27721;&#x6c49;</a></xml>'), 'a')).toBe('1 < 2 & 汉汉');
  expect(() => readXml('<xml><a>&own;</a></xml>')).toThrow(XmlError);
  expect(() => readXml('<xml><a>&#0;</a></xml>')).toThrow(XmlError);
  expect(() => readXml('<xml><a>&#xd800;</a></xml>')).toThrow(XmlError);
});

test('lists and nested elements', () => {
  const xml = readXml('<xml><List><MsgID>1</MsgID></List><List><MsgID>2</MsgID></List><Info> <A>x</A> </Info></xml>');
  expect(xmlEach(xml, 'List').map((one) => xmlText(one, 'MsgID'))).toEqual(['1', '2']);
  expect(xmlText(xmlInside(xml, 'Info'), 'A')).toBe('x');
});

test.each([
  ['a DTD', '<!DOCTYPE xml [<!ENTITY a "b">]><xml><a>&a;</a></xml>'],
  ['an external entity', '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><xml></xml>'],
  ['attributes', '<xml><a b="c">d</a></xml>'],
  ['a comment', '<xml><!-- a --></xml>'],
  ['elements that are not closed in order', '<xml><a><b></a></b></xml>'],
  ['no end', '<xml><a>'],
  ['an open CDATA', '<xml><a><![CDATA[x</a></xml>'],
  ['text beside elements', '<xml>words<a>b</a></xml>'],
  ['a second root', '<xml></xml><xml></xml>'],
  ['nothing', ''],
  ['JSON', '{"a":1}'],
  ['too deep', `<xml>${'<a>'.repeat(50)}${'</a>'.repeat(50)}</xml>`],
  ['too many', `<xml>${'<a>1</a>'.repeat(3_000)}</xml>`],
  ['too long', `<xml><a>${'x'.repeat(600_000)}</a></xml>`],
])('%s is refused', (_, text) => {
  expect(() => readXml(text)).toThrow(XmlError);
});

test('a name that objects have of themselves is an element like others', () => {
  const xml = readXml('<xml><__proto__>x</__proto__><constructor>y</constructor></xml>');
  expect(xmlText(xml, '__proto__')).toBe('x');
  expect(xmlText(xml, 'constructor')).toBe('y');
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test('what is written is read again, also CDATA’s own end', () => {
  const written = writeXml({ Content: 'a ]]> b <c>', CreateTime: 7, Articles: [{ Title: '一' }, { Title: '二' }] });
  const xml = readXml(written);
  expect(xmlText(xml, 'Content')).toBe('a ]]> b <c>');
  expect(xmlText(xml, 'CreateTime')).toBe('7');
  expect(xmlEach(xmlInside(xml, 'Articles'), 'item').map((one) => xmlText(one, 'Title'))).toEqual(['一', '二']);
});
