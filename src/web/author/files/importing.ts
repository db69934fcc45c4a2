// A course's file on its way to the server, part by part; what arrived once is not sent again.

import { api, body, type Schemas } from "../../app/api";
import { stubbornly } from "../../app/stubborn";

export type Import = Schemas["ImportOut"];

export async function sendParts(file: File, work: Import, onProgress: (share: number) => void): Promise<Import> {
  const parts = Math.max(1, Math.ceil(work.size_bytes / work.part_bytes));
  let last = work;
  let left = work.missing.length;
  for (const part of work.missing) {
    const piece = file.slice((part - 1) * work.part_bytes, part * work.part_bytes);
    last = await stubbornly(() => sendPart(work.id, part, piece));
    left -= 1;
    onProgress((parts - left) / parts);
  }
  return last;
}

function sendPart(import_id: string, part: number, piece: Blob): Promise<Import> {
  return body(api.PUT("/api/v1/authoring/imports/{import_id}/file", { params: { path: { import_id }, query: { part } }, body: piece as never, bodySerializer: (given: unknown) => given as BodyInit, headers: { "content-type": "application/octet-stream" } } as never));
}

export const isOver = ({ state }: Import) => state === "done" || state === "failed";
