// Sends a file, and tells while it goes how much of it is gone: `fetch` does not.

import { Offline, type Problem, Refusal, type Schemas } from "../../app/api";
import { accessToken } from "../../app/session";

export type Brought = Schemas["DeckOut"];

interface Sending {
  courseId: string;
  deck: File;
  /** The share that is gone, 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** Raises Refusal and Offline. */
export async function bring({ courseId, deck, onProgress, signal }: Sending): Promise<Brought> {
  const token = await accessToken();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/courses/${courseId}/deck`);
    request.responseType = "json";
    request.setRequestHeader("content-type", "application/octet-stream");
    if (token) request.setRequestHeader("authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(new Offline("the deck did not arrive"));
    request.onabort = () => reject(signal.reason as Error);
    request.onload = () => {
      if (request.status === 200) resolve(request.response as Brought);
      else reject(new Refusal(request.response as Problem, request.status));
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(deck);
  });
}
