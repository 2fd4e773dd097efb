// Drawn for this panel: 20 × 20, strokes in the text's colour.
const shapes = {
  phone:
    'M5.5 3.5h2l1.2 3-1.6 1.3a9 9 0 0 0 5.1 5.1l1.3-1.6 3 1.2v2c0 1-.9 1.9-2 1.8C8.900 15.800 4.200 11.100 3.700 5.500 3.600 4.400 4.500 3.500 5.500 3.500Z',
  'phone-off': 'M3 12.500c4-3.700 10-3.700 14 0l-1.500 2.200-3-1v-2a8 8 0 0 0-5 0v2l-3 1L3 12.500Z',
  pause: 'M7 4.500v11M13 4.500v11',
  play: 'M6.500 4.500l9 5.500-9 5.500v-11Z',
  transfer: 'M3.500 7h11m-3-3 3 3-3 3M16.500 13h-11m3-3-3 3 3 3',
  flow: 'M4 10h3m0 0c3 0 2.500-4.500 5.500-4.500H16M7 10c3 0 2.500 4.500 5.500 4.500H16M14 3.500l2 2-2 2M14 12.500l2 2-2 2',
  keypad: 'M5 5h.01M10 5h.01M15 5h.01M5 10h.01M10 10h.01M15 10h.01M5 15h.01M10 15h.01M15 15h.01',
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M5.500 8l4.500 4.500L14.500 8',
  check: 'M4.500 10.500l3.500 3.500 7.500-8',
  clock: 'M10 3.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13ZM10 6.500V10l2.500 1.500',
  sun: 'M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM10 2.500v1.500M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M15.300 4.700l-1 1M5.700 14.300l-1 1',
  moon: 'M16 11.500A6.500 6.500 0 0 1 8.500 4a6.500 6.500 0 1 0 7.500 7.500Z',
  sound: 'M4 8v4h2.500L10 15V5L6.500 8H4ZM13 7.500a3.500 3.500 0 0 1 0 5M15 5.500a6.500 6.500 0 0 1 0 9',
  mute: 'M4 8v4h2.500L10 15V5L6.500 8H4ZM13 8l4 4M17 8l-4 4',
  out: 'M8 4H4.500v12H8M8.500 10H16m-3-3 3 3-3 3',
  chat: 'M4 4.500h12v8.500H9l-3.500 3v-3H4V4.500Z',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4ZM13 13l3.500 3.500',
  person: 'M10 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM4 16.500c.5-3.500 3-5 6-5s5.500 1.500 6 5',
  queue: 'M4 5.500h12M4 10h12M4 14.500h7',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
