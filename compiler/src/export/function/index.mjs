// What Lambda loads as the handler. The function itself is the native binary beside this file: it
// takes the place of the Node.js process and speaks to Lambda's Runtime API on its own.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';

// Milliseconds. The check takes some ten of them on an idle machine; Lambda allows a start ten seconds.
const LONGEST_CHECK = 3000;

const folder = import.meta.dirname;

// A zip file can lose its permissions on the way to Lambda, where the folder cannot be written to.
function runnable() {
  const binary = folder + '/bootstrap';
  try {
    accessSync(binary, constants.X_OK);
    return binary;
  } catch (error) {
    const copy = mkdtempSync(tmpdir() + '/edgewright-') + '/bootstrap';
    copyFileSync(binary, copy);
    chmodSync(copy, 0o755);
    note('copied', error);
    return copy;
  }
}

// A binary that ends, crashes or hangs once it has taken our place is an error for every viewer.
function check(binary, words) {
  const options = { timeout: LONGEST_CHECK, killSignal: 'SIGKILL', stdio: ['ignore', 'ignore', 'pipe'] };
  const { error, signal, status, stderr } = spawnSync(binary, [...words, '--check'], options);
  if (error) throw error;
  if (status !== 0) throw new Error(`the check ended with ${signal ?? status}: ${stderr}`);
}

function start() {
  const binary = runnable();
  const words = ['--folder', folder];
  check(binary, words);
  if (typeof process.execve === 'function') process.execve(binary, [binary, ...words], process.env);
  const { error, status } = spawnSync(binary, words, { stdio: 'inherit' });
  if (error) throw error;
  process.exit(status ?? 1);
}

function note(what, error) {
  console.error(JSON.stringify({ edgewright: what, message: String(error) }));
}

try {
  // Without a Runtime API, as where this file is only looked at, there is nothing to take over.
  if (process.env.AWS_LAMBDA_RUNTIME_API) start();
} catch (error) {
  note('not-started', error);
}

// Reached only when the binary cannot be run: everything goes on as it came.
export const handler = async (event) => {
  const records = [event?.Records ?? []].flat();
  const { request, response } = records.find((record) => record?.cf?.request)?.cf ?? {};
  return response ?? request ?? null;
};
