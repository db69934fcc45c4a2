// What somebody does is done once. Invariants: of calls that are the same and under way there is one; a call of which
// nobody knows whether it was done goes again under the same Idempotency-Key, so that the server does it once.

type Send = (request: Request) => Promise<Response>;

interface Call {
  answer: Promise<Response>;
  signal: AbortSignal;
  /** When it was answered. */
  over: number | null;
}

/** A second click within this time after the answer is still the first one. */
const DOUBLE_CLICK_MS = 400;
const KEY = "idempotency-key";

/** `isKnown`: whether what was raised says that the server did not do it. */
export function once(send: Send, isKnown: (error: unknown) => boolean, now: () => number = Date.now): Send {
  const calls = new Map<string, Call>();
  const unclear = new Map<string, string>();

  async function sent(request: Request, print: string): Promise<Response> {
    const key = request.headers.get(KEY) ?? unclear.get(print) ?? crypto.randomUUID();
    if (request.method === "POST") request.headers.set(KEY, key);
    try {
      const answer = await send(request);
      unclear.delete(print);
      return answer;
    } catch (error) {
      if (isKnown(error)) unclear.delete(print);
      else unclear.set(print, key);
      throw error;
    }
  }

  return async (request) => {
    const print = await printOf(request);
    if (print === null) return send(request);
    for (const [one, { over }] of calls) {
      // Whatever was done in between, the same again is meant.
      if (over !== null && (one !== print || now() - over > DOUBLE_CLICK_MS)) calls.delete(one);
    }
    const before = calls.get(print);
    if (before && !before.signal.aborted) return (await before.answer).clone();
    const call: Call = { answer: sent(request, print), signal: request.signal, over: null };
    calls.set(print, call);
    try {
      const answer = await call.answer;
      call.over = now();
      return answer.clone();
    } catch (error) {
      if (calls.get(print) === call) calls.delete(print);
      throw error;
    }
  };
}

/** What makes two calls the same; null for reading, and for files. */
async function printOf(request: Request): Promise<string | null> {
  if (request.method === "GET" || request.method === "HEAD") return null;
  if (isFile(request)) return null;
  return [request.method, request.url, request.headers.get("if-match"), await request.clone().text()].join("\n");
}

export function isFile(request: Request): boolean {
  const type = request.headers.get("content-type");
  return type !== null && !type.includes("json");
}
