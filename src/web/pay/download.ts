import { Offline, type Problem, Refusal } from "../app/api";
import { accessToken } from "../app/session";

/** Saves a file that only its owner may fetch, under the name that the server gives it or else `name`. */
export async function download(from: string, name: string): Promise<void> {
  const token = await accessToken({ fresh: false });
  let answer: Response;
  try {
    answer = await fetch(from, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  } catch (error) {
    throw new Offline(String(error));
  }
  if (!answer.ok) throw new Refusal((await answer.json()) as Problem, answer.status);
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = /filename="?([^";]+)/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? name;
  link.click();
  URL.revokeObjectURL(address);
}
