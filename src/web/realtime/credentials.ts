// What a connection shows. It is asked for anew before each connection, and never becomes part of an address.

/** An access token or a ticket. `fresh`: the server did not take the last one any more. */
export type Credential = (why: { fresh: boolean }) => string | Promise<string>;

/** The login is over: no token can be had, and connecting again is of no use. */
export class LoggedOut extends Error {
  override readonly name = "LoggedOut";
}

/** A single-use ticket for each connection, for programs that keep the access token away from where sockets are. */
export function tickets(url: string, accessToken: Credential): Credential {
  return async (why) => {
    const token = await accessToken(why);
    const answer = await fetch(new URL("/api/v1/realtime/tickets", url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer.status === 401 && why.fresh) throw new LoggedOut("no ticket is given for this login");
    if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
    return ((await answer.json()) as { ticket: string }).ticket;
  };
}
