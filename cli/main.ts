// What bin/switchroom.js runs. A known error is one sentence and exit code 1.
import { program } from './program.ts';
import { told } from './told.ts';

// Whoever read our output may leave (`switchroom start | head`): that must not end what runs.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program().parseAsync(process.argv);
} catch (error) {
  const sentence = told(error);
  if (sentence === undefined) throw error;
  process.stderr.write(`switchroom: ${sentence}\n`);
  process.exitCode = 1;
}
