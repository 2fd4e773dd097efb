// What bin/switchroom.js runs. A known error is one sentence and exit code 1.
import { SwitchroomError } from '../values/index.ts';
import { program } from './program.ts';

// Whoever read our output may leave (`switchroom start | head`): that must not end what runs.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program().parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof SwitchroomError)) throw error;
  process.stderr.write(`switchroom: ${error.message}\n`);
  process.exitCode = 1;
}
