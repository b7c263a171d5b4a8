// How a client's script and the test that plays the member speak: a line with an address to open goes out, the line
// with the address that the browser was sent back to comes in.
import { createInterface } from "node:readline";

export const given = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function open(address, decision = "allow") {
  console.log(JSON.stringify({ open: String(address), decision }));
  return new URL((await lines.next()).value);
}

export async function connect(userCode) {
  console.log(JSON.stringify({ connect: userCode }));
  await lines.next();
}

export function done(told) {
  console.log(JSON.stringify({ done: told }));
  process.exit(0);
}

export function check(holds, what) {
  if (!holds) throw new Error(`this does not hold: ${what}`);
}
