import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkMandatory,
  parseNameAddr,
  parseUri,
  parseVia,
  SipMessage,
  SipSyntaxError,
  splitList,
} from '../../../../../edge/sip/message/index.ts';
import { invite, ok } from './samples.ts';

/** Runs it and lets only SipSyntaxError pass. @returns whether it went through */
function onlySyntaxErrors(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof SipSyntaxError) return false;
    throw error;
  }
}

const spice = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '<',
  '>',
  '@',
  '[',
  ']',
  '%',
  '\0',
  '=',
  'SIP/2.0',
  'Via: ',
  '\u{1f600}',
  '99999999999',
);

/** A valid message with some bytes cut, doubled or put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(invite, ok),
    fc.array(fc.tuple(fc.nat(600), fc.nat(40), fc.oneof(spice, fc.string({ maxLength: 8 }))), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([text, cuts]) =>
    cuts.reduce((rest, [at, length, put]) => rest.slice(0, at) + put + rest.slice(at + length), text),
  );

test('a mutated message throws nothing but SipSyntaxError, and what is read can be written and read again', () => {
  let accepted = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      onlySyntaxErrors(() => {
        const message = SipMessage.parse(Buffer.from(text));
        accepted++;
        const again = SipMessage.parse(message.toBuffer());
        expect(again.toString()).toBe(message.toString());
        checkMandatory(message);
      });
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(100); // else the property would say nothing
});

test('any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      onlySyntaxErrors(() => checkMandatory(SipMessage.parse(Buffer.from(bytes))));
    }),
    { numRuns: 2000 },
  );
});

test('the readers of parts', () => {
  const piece = fc.array(
    fc.oneof(spice, fc.string({ maxLength: 6 }), fc.constantFrom('sip:', 'a@b', ';tag=1', 'SIP/2.0/UDP ')),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(
      piece.map((parts) => parts.join('')),
      (text) => {
        onlySyntaxErrors(() => void parseUri(text));
        onlySyntaxErrors(() => void parseNameAddr(text));
        onlySyntaxErrors(() => void parseVia(text));
        expect(splitList(text).every((element) => element !== '')).toBe(true);
      },
    ),
    { numRuns: 3000 },
  );
});
