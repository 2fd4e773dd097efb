/** Ringing tone while a number is dialled: 450 Hz, 1 s of 5 (ITU-T E.180, as in China). */
export const ringbackTone = [
  { kind: 'tone' as const, hz: [450], ms: 1_000 },
  { kind: 'silence' as const, ms: 4_000 },
];
