// Plays tabs of a browser with the TypeScript client: orders come as JSON lines, and everything that happens in a tab
// goes out as the line [tab, what, …]. The tabs share one storage, which order "forget" empties.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [module, url] = process.argv.slice(2);
const { Live, inBrowser, tickets } = await import(pathToFileURL(module).href);
const say = (...line) => process.stdout.write(JSON.stringify(line) + "\n");
const stored = new Map();
const storage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
const tabs = new Map();

const orders = {
  open({ tab, user, tokens, byTicket, events, options }) {
    let asked = 0;
    const token = (why) => {
      say(tab, "asked", why);
      return tokens[Math.min(asked++, tokens.length - 1)];
    };
    const live = new Live(url, {
      credential: byTicket ? tickets(url, token) : token,
      store: inBrowser(user, storage),
      reload: (paths) => say(tab, "reload", paths),
      onState: (state) => say(tab, "state", state),
      onError: (error) => say(tab, "error", String(error)),
      ...options,
    });
    for (const event of events) live.on(event, (frame) => say(tab, "frame", event, frame));
    tabs.set(tab, { live, rooms: new Map() });
  },
  call({ tab, command, payload }) {
    tabs.get(tab).live.call(command, payload).then(
      (answer) => say(tab, "answer", answer),
      (error) => say(tab, "failed", { name: error.name, code: error.code, passing: error.isPassing }),
    );
  },
  watch({ tab, room, payload }) {
    const { live, rooms } = tabs.get(tab);
    rooms.set(room, live.watch(room, payload, (code) => say(tab, "lost", { room, code })));
  },
  unwatch({ tab, room }) {
    tabs.get(tab).rooms.get(room)();
  },
  close({ tab }) {
    tabs.get(tab).live.close();
  },
  stored: ({ tab }) => say(tab, "stored", Object.fromEntries(stored)),
  forget: () => stored.clear(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  orders[order.do](order);
}
for (const { live } of tabs.values()) live.close();
