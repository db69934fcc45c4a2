// Sends a file as a client does that knows nothing but the answers: parts by `fetch`, some of them twice, some later.
import { createHash, randomBytes } from "node:crypto";

const [url, token] = process.argv.slice(2);
const api = async (path, method = "GET", body = undefined) => {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(`${url}/api/v1/media${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
};

const head = Buffer.from("00000018667479706d70343200000000" + "6d70343269736f6d", "hex");
const content = Buffer.concat([head, randomBytes(17_500_000)]);
const sha256 = createHash("sha256").update(content).digest("hex");
const about = { name: "film.mp4", size_bytes: content.length, type: "video/mp4", purpose: "submission", sha256 };
const upload = await api("/uploads", "POST", about);
const send = async (parts) => {
  const sent = parts.map(({ url, offset, size_bytes }) =>
    fetch(url, {
      method: upload.method,
      headers: upload.headers,
      body: new Blob([content]).slice(offset, offset + size_bytes),
    }),
  );
  return (await Promise.all(sent)).map((answer) => answer.status);
};
const first = await send(upload.parts.slice(0, 2));
const early = await api(`/uploads/${upload.id}/complete`, "POST");
const again = await api(`/uploads/${upload.id}`);
const rest = await send(again.parts.filter((part) => !part.arrived));
let done = await api(`/uploads/${upload.id}/complete`, "POST");
const states = [done.state];
while (done.state === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  done = await api(`/uploads/${upload.id}`);
}
const part = await fetch(done.file.url, { headers: { Range: "bytes=1000000-1000099" } });
const same = Buffer.from(await part.arrayBuffer()).equals(content.subarray(1_000_000, 1_000_100));
const whole = Buffer.from(await (await fetch(done.file.url)).arrayBuffer());
console.log(
  JSON.stringify({
    parts: upload.parts.length,
    first,
    missing: early.missing,
    rest,
    begun: states[0],
    state: done.state,
    ref: done.file.ref === `sha256:${sha256}`,
    range: [part.status, same],
    whole: createHash("sha256").update(whole).digest("hex") === sha256,
  }),
);
