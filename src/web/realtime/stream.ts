// A learner's own stream as one client sees it. Invariant: a frame is new to it once, whether it comes live, replayed
// after a connection was lost, or among what a truncated stream had missed.

import { DURABLE, type Moment, type StreamReady } from "./frames.js";
import type { Position } from "./position.js";

export type Missed = StreamReady["missed"][number];

export interface Numbered {
  seq: number;
  at: Moment;
}

/** More than the server tells of at once after frames were lost. */
const KEPT = 200;

export class Stream {
  #place: { epoch: string; seq: number; at: Moment } | undefined;
  #known: Set<string>;

  constructor(position: Position | undefined) {
    this.#place = position && { epoch: position.epoch, seq: position.seq, at: position.at };
    this.#known = new Set(position?.known);
  }

  /** What a connection says of it: nothing, for somebody who was never here. */
  get place(): { epoch: string; seq: number; at: Moment } | undefined {
    return this.#place;
  }

  get position(): Position | undefined {
    return this.#place && { ...this.#place, known: [...this.#known] };
  }

  /** Takes over the position that frames now follow, and gives what was missed and is news. */
  begin(ready: StreamReady): Missed[] {
    if (ready.epoch) this.#place = { epoch: ready.epoch, seq: ready.seq, at: ready.at };
    return ready.missed.filter((frame) => !this.knows(frame.event, frame));
  }

  /** A durable frame that was delivered before, maybe among the missed ones and now under a number. */
  knows(event: string, frame: object): boolean {
    return isDurable(event) && this.#known.has(name(event, frame));
  }

  /** Whether a frame is the next one; "gap" means that the connection has lost some. */
  look(frame: Numbered): "next" | "double" | "gap" {
    const seq = this.#place?.seq ?? frame.seq - 1;
    return frame.seq <= seq ? "double" : frame.seq === seq + 1 ? "next" : "gap";
  }

  /** To be called for each frame once it is dealt with, missed ones too. */
  done(event: string, frame: Partial<Numbered>): void {
    if (this.#place && frame.seq !== undefined) this.#place = { ...this.#place, seq: frame.seq, at: frame.at ?? this.#place.at };
    if (!isDurable(event)) return;
    this.#known.add(name(event, frame));
    for (const oldest of this.#known) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }
}

function isDurable(event: string): event is keyof typeof DURABLE {
  return event in DURABLE;
}

function name(event: keyof typeof DURABLE, frame: object): string {
  return [event, ...DURABLE[event].map((member) => (frame as Record<string, unknown>)[member])].join(" ");
}
