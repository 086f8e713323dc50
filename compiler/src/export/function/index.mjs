// What Lambda loads as the handler. The function itself is the native binary beside this file: it
// takes the place of the Node.js process and speaks to Lambda's Runtime API on its own.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const binary = import.meta.dirname + '/bootstrap';

function start() {
  // Node.js 22 and 24 abort when execve fails, and every viewer would see an error: look first.
  accessSync(binary, constants.X_OK);
  if (typeof process.execve === 'function') process.execve(binary, [binary], process.env);
  const { error, status } = spawnSync(binary, { stdio: 'inherit' });
  if (error) throw error;
  process.exit(status ?? 1);
}

try {
  // Without a Runtime API, as where this file is only looked at, there is nothing to take over.
  if (process.env.AWS_LAMBDA_RUNTIME_API) start();
} catch (error) {
  console.error(JSON.stringify({ edgewright: 'not-started', message: String(error) }));
}

// Reached only when the binary cannot be run: everything goes on as it came.
export const handler = async (event) => {
  const records = [event?.Records ?? []].flat();
  const { request, response } = records.find((record) => record?.cf?.request)?.cf ?? {};
  return response ?? request ?? null;
};
