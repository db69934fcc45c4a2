// Connects with the official client, watches a league, prints every frame as one JSON line, and ends with its input.
const { io } = require("socket.io-client");

const [url, token, league] = process.argv.slice(2);
const say = (event, payload) => process.stdout.write(JSON.stringify([event, payload]) + "\n");
const socket = io(url, { auth: { token }, reconnection: false });

socket.onAny(say);
socket.on("connect_error", (error) => say("connect_error", error.data));
socket.on("connect", () => {
  if (league) socket.emit("league.watch", { league_id: league }, (answer) => say("watched", answer));
});
process.stdin.on("end", () => { socket.close(); });
process.stdin.resume();
