// People's passwords: argon2id with OWASP's parameters, a few at a time (each takes 19 MiB and some 20 ms of a core).
import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { failed } from './errors.ts';

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const atOnce = 2;
const mostQueued = 50;

let running = 0;
const queue: (() => void)[] = [];

/** Runs `work` when fewer than two others run. @throws login-busy where too many wait */
async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (queue.length >= mostQueued) throw failed['login-busy']();
    await new Promise<void>((resolve) => queue.push(resolve));
  } else {
    running++;
  }
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next();
    else running--;
  }
}

export function hashPassword(password: string): Promise<string> {
  return limited(() => hash(password, parameters));
}

/** What an unknown login is compared with, so that it takes as long as a known one. */
let nobody: Promise<string> | undefined;

export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  nobody ??= hashPassword(generatePassword());
  const against = stored ?? (await nobody);
  const right = await limited(() => verify(against, password));
  return right && stored !== undefined;
}

/** @throws password-weak */
export function checkPassword(login: string, password: string): void {
  const reason = weakness(login, password);
  if (reason !== undefined) throw failed['password-weak']({ field: 'password', reason });
}

function weakness(login: string, password: string): string | undefined {
  if (password.length < 10) return 'it needs at least 10 characters';
  if (password.length > 128) return 'it may have at most 128 characters';
  if (password.toLowerCase().includes(login.toLowerCase())) return 'it must not contain the login';
  if (new Set(password).size < 5) return 'it needs at least 5 different characters';
  return undefined;
}

const readable = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 20 characters without look-alikes in groups of five: 99 bits. */
export function generatePassword(): string {
  let password = '';
  for (let i = 0; i < 20; i++) {
    if (i > 0 && i % 5 === 0) password += '-';
    password += readable[randomInt(readable.length)];
  }
  return password;
}
