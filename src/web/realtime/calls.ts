// Events of the client, each with its typed acknowledgement.

import type { Socket } from "socket.io-client";
import type { Commands } from "./frames.js";

export type Command = keyof Commands;

/** `client.offline`: nothing was sent. `client.unanswered`: it may or may not have been done. */
export type CallCode<C extends Command> = Commands[C]["refusal"] | "client.offline" | "client.unanswered";

export class CallFailed<C extends Command = Command> extends Error {
  override readonly name = "CallFailed";
  readonly command: C;
  readonly code: CallCode<C>;

  constructor(command: C, code: CallCode<C>, message: string) {
    super(`${command}: ${message} (${code})`);
    this.command = command;
    this.code = code;
  }

  /** Whether the same call may succeed a moment later. A command that changes something carries a key for that. */
  get isPassing(): boolean {
    return ["client.offline", "client.unanswered", "realtime.timeout", "unavailable", "internal"].includes(this.code);
  }
}

type Answer<C extends Command> = Commands[C]["accepted"] | { ok: false; code: Commands[C]["refusal"]; message: string };

export async function call<C extends Command>(
  socket: Socket,
  command: C,
  payload: Commands[C]["payload"],
  timeoutMs: number,
): Promise<Commands[C]["accepted"]> {
  if (!socket.connected) throw new CallFailed(command, "client.offline", "there is no connection");
  let answer: Answer<C>;
  try {
    answer = await socket.timeout(timeoutMs).emitWithAck(command, payload);
  } catch {
    throw new CallFailed(command, "client.unanswered", "no acknowledgement came");
  }
  if (answer.ok) return answer;
  throw new CallFailed(command, answer.code, answer.message);
}
