// Sends a file as the tus project's own client does: node upload.mjs ENDPOINT FILE. Its progress is told by nobody but kith.
import { createReadStream, statSync } from "node:fs";
import { Upload } from "tus-js-client";

const [endpoint, file] = process.argv.slice(2);
const authorization = { Authorization: `Bearer ${process.env.TOKEN}` };

function send(source, options) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(source, {
      endpoint,
      headers: authorization,
      retryDelays: Array(60).fill(250),
      metadata: { filename: "Grüße.bin" },
      onError: reject,
      onSuccess: () => resolve(upload),
      ...options,
    });
    upload.start();
  });
}

const whole = await send(createReadStream(file), { chunkSize: 16 << 20, uploadSize: statSync(file).size });
const pieces = await send(Buffer.from("lanterns"), { chunkSize: 3 });
const empty = await send(Buffer.alloc(0), {});
await empty.abort(true); // ends it on the server, too
console.log(JSON.stringify({ whole: whole.url, pieces: pieces.url, empty: empty.url }));
