// One learner's connection. Invariant: handlers get every frame of the learner's own stream once and in order, whatever
// becomes of sockets, processes and Redis meanwhile; what cannot be had any more is told by `reload`.

import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { call, type Command } from "./calls.js";
import { type Credential, LoggedOut } from "./credentials.js";
import { CLOSINGS, type Commands, type ConnectRefusal, type Frames, type StreamClosed, type StreamReady } from "./frames.js";
import { forgetful, type PositionStore } from "./position.js";
import { type OnLost, type Room, Rooms, type Ticket } from "./rooms.js";
import { type Missed, type Numbered, Stream } from "./stream.js";

export type Event = keyof Frames;
/** A frame, or one that was missed and has lost its number. */
export type Delivered<E extends Event> = Frames[E] | Extract<Missed, { event: E }>;

export type State =
  | { phase: "connecting" }
  | { phase: "live" }
  | { phase: "waiting"; forMs: number; reason: string }
  | { phase: "ended"; reason: string };

export interface Options {
  credential: Credential;
  store?: PositionStore;
  /** Frames were lost: read these REST paths again. */
  reload?: (paths: readonly string[]) => void;
  onState?: (state: State) => void;
  /** What handlers throw, and what stood in the way of a connection. */
  onError?: (error: unknown) => void;
  ackTimeoutMs?: number;
  socket?: Partial<ManagerOptions & SocketOptions>;
}

const STALE: readonly string[] = [
  "identity.token_expired", "identity.token_invalid", "identity.ticket_invalid", "unauthenticated",
] satisfies ConnectRefusal[];
const FINAL: readonly string[] = ["identity.session_ended", "realtime.bad_payload"] satisfies ConnectRefusal[];
const LONGEST_WAIT_MS = 30_000;

export class Live {
  readonly #options: Options;
  readonly #store: PositionStore;
  readonly #socket: Socket;
  readonly #rooms: Rooms;
  readonly #handlers = new Map<string, Set<(frame: never) => void>>();
  #stream: Stream | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #fresh = false;
  #ended = false;

  constructor(url: string, options: Options) {
    this.#options = options;
    this.#store = options.store ?? forgetful();
    const transports = ["websocket", "polling"];
    this.#socket = io(url, {
      transports, tryAllTransports: true, ...options.socket, autoConnect: false, reconnection: false, forceNew: true,
    });
    this.#rooms = new Rooms({ ask: (command, payload) => this.call(command, payload as never) });
    this.#socket.on("connect", () => this.#rooms.again());
    this.#socket.on("connect_error", (error: Error & { data?: { code?: string } }) => this.#refused(error));
    this.#socket.on("disconnect", (reason, details) => this.#lost(reason, details));
    this.#socket.onAny((event: Event, frame: object) => this.#hear(event, frame));
    void this.#connect();
  }

  /** Gives what takes the handler away again. */
  on<E extends Event>(event: E, handler: (frame: Delivered<E>) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Raises CallFailed. */
  call<C extends Command>(command: C, payload: Commands[C]["payload"]): Promise<Commands[C]["accepted"]> {
    return call(this.#socket, command, payload, this.#options.ackTimeoutMs ?? 10_000);
  }

  /** In the room from now on, over all connections, until what this gives is called or `onLost` is. */
  watch<R extends Room>(room: R, payload: Ticket<R>, onLost: OnLost = () => undefined): () => void {
    return this.#rooms.enter(room, payload, onLost);
  }

  /** Connects at once, where it would wait to try again: the network has come back. */
  wake(): void {
    if (this.#timer === undefined || this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#connect();
  }

  close(): void {
    this.#end("closed");
  }

  async #connect(): Promise<void> {
    this.#say({ phase: "connecting" });
    try {
      this.#stream ??= new Stream(await this.#store.load());
      const token = await this.#options.credential({ fresh: this.#fresh });
      if (this.#ended) return;
      this.#socket.auth = { token, ...this.#stream.place };
      this.#socket.connect();
    } catch (error) {
      this.#options.onError?.(error);
      if (error instanceof LoggedOut) this.#end("identity.session_ended");
      else this.#again("no credential");
    }
  }

  #hear(event: Event, frame: Partial<Numbered>): void {
    if (event === "stream.ready") return this.#begin(frame as StreamReady);
    if (event === "stream.closed") return this.#closed(frame as StreamClosed);
    const verdict = frame.seq === undefined ? "next" : this.#stream?.look(frame as Numbered);
    if (verdict === "gap") this.#again("gap");
    if (verdict === "next") this.#deliver(event, frame);
    if (event === "room.left") this.#left(frame as Frames["room.left"]);
  }

  #begin(ready: StreamReady): void {
    this.#tries = 0;
    this.#fresh = false;
    for (const frame of this.#stream?.begin(ready) ?? []) this.#deliver(frame.event, frame);
    this.#handle("stream.ready", ready);
    this.#keep();
    if (ready.truncated) this.#options.reload?.(ready.reload);
    this.#say({ phase: "live" });
  }

  #deliver(event: Event, frame: object): void {
    if (!this.#stream?.knows(event, frame)) this.#handle(event, frame);
    this.#stream?.done(event, frame);
    if ("seq" in frame) this.#keep();
  }

  #handle(event: Event, frame: object): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) {
      try {
        handler(frame as never);
      } catch (error) {
        this.#options.onError?.(error);
      }
    }
  }

  #keep(): void {
    const position = this.#stream?.position;
    if (position) this.#store.save(position);
  }

  #left(frame: Frames["room.left"]): void {
    this.#rooms.left(frame.room, frame.code);
  }

  #closed(farewell: StreamClosed): void {
    this.#handle("stream.closed", farewell);
    this.#obey(farewell.reconnect, farewell.code, farewell.after_ms);
  }

  /** The last frame may not have come through; the number of the websocket's end then says the same. */
  #lost(reason: string, details: unknown): void {
    const number = (details as { context?: { code?: number } } | undefined)?.context?.code;
    const known = Object.entries(CLOSINGS).find(([one]) => Number(one) === number);
    if (known) this.#obey(known[1].reconnect, known[1].code);
    else this.#again(reason);
  }

  #obey(reconnect: StreamClosed["reconnect"], code: string, afterMs?: number): void {
    if (reconnect === "never") return this.#end(code);
    this.#fresh = reconnect === "fresh_token";
    this.#again(code, afterMs);
  }

  #refused(error: Error & { data?: { code?: string } }): void {
    const code = error.data?.code ?? "";
    this.#options.onError?.(error);
    if (FINAL.includes(code)) return this.#end(code);
    // With another token there is nothing to wait for; if that is no good either, there is.
    const another = !this.#fresh && STALE.includes(code);
    this.#fresh ||= another;
    this.#again(code || error.message, another ? 0 : undefined);
  }

  /** Connects again: `afterMs` from now, or, where the server said nothing, the later the more often it failed. */
  #again(reason: string, afterMs = Math.random() * Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** this.#tries)): void {
    if (this.#ended || this.#timer !== undefined) return;
    this.#tries += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, afterMs);
    this.#socket.disconnect();
    this.#say({ phase: "waiting", forMs: afterMs, reason });
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
    this.#say({ phase: "ended", reason });
  }

  #say(state: State): void {
    this.#options.onState?.(state);
  }
}
