// A program's logger: JSON lines on standard output, which may be a file on a disk that is full. That costs log lines, never the
// program, and with it calls: what cannot be written waits (1 MB at most), then lines are dropped.
import { destination, type Level, type Logger, pino } from 'pino';

const mostWaiting = 2 ** 20;

/** @param file instead of standard output */
export function programLogger(name: string, level: Level | 'silent', file: string | number = 1): Logger {
  const output = destination({ dest: file, sync: true, maxLength: mostWaiting });
  // Whoever reads the log sees the gap; there is nowhere else to tell it.
  output.on('error', () => {});
  return pino({ level, name, redact: ['pii'] }, output);
}
