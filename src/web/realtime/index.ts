// The whole of it. See "Realtime" in the README of the house.

export { CallFailed, type CallCode, type Command } from "./calls.js";
export { type Delivered, type Event, Live, type Options, type State } from "./client.js";
export { type Credential, LoggedOut, tickets } from "./credentials.js";
export type * from "./frames.js";
export { forgetful, inBrowser, type Position, type PositionStore } from "./position.js";
export type { OnLost, Room } from "./rooms.js";
