// Sends a file in parts. What arrived once is not sent again: the same file goes on where it stopped.

import { api, body, type Problem, Refusal, type Schemas } from "./api";
import { pause, stubbornly } from "./stubborn";

export type FileOut = Schemas["FileOut"];
type Upload = Schemas["UploadOut"];
type Part = Upload["parts"][number];

const AT_ONCE = 3;
const HASHED_BYTES = 50_000_000;
const LOOK_MS = 300;
const MOST_LOOK_MS = 1_500;

export interface Sending {
  file: File;
  purpose: Upload["purpose"];
  courseId?: string | null;
  /** Of an upload that was begun before. */
  uploadId?: string | undefined;
  /** To go on with, should this one break off. */
  onBegun?: (uploadId: string) => void;
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** What this page is sending. */
export const underWay = new Set<string>();

/** Raises Refusal, also where the server has looked at all of the file and does not take it, and Offline. */
export async function send({ file, purpose, courseId = null, uploadId, onBegun, onProgress = () => undefined, signal }: Sending): Promise<FileOut> {
  const upload = await stubbornly(() => (uploadId ? asked(uploadId) : begun(file, purpose, courseId)), signal);
  onBegun?.(upload.id);
  underWay.add(upload.id);
  try {
    return await finished(file, upload, onProgress, signal);
  } finally {
    underWay.delete(upload.id);
  }
}

async function finished(file: File, begin: Upload, onProgress: (share: number) => void, signal: AbortSignal | undefined): Promise<FileOut> {
  let upload = begin;
  const missing = upload.parts.filter((part) => !part.arrived);
  let arrived = upload.size_bytes - missing.reduce((sum, part) => sum + part.size_bytes, 0);
  onProgress(upload.size_bytes ? arrived / upload.size_bytes : 0);
  const queue = [...missing];
  const work = async () => {
    for (let part = queue.shift(); part; part = queue.shift()) {
      const now = part;
      await stubbornly(() => sent(file, upload, now, signal), signal);
      arrived += part.size_bytes;
      onProgress(arrived / upload.size_bytes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const { id } = upload;
  if (upload.state === "open") upload = await stubbornly(() => body(api.POST("/api/v1/media/uploads/{upload_id}/complete", { params: { path: { upload_id: id } } })), signal);
  for (let wait = LOOK_MS; upload.state === "processing"; wait = Math.min(2 * wait, MOST_LOOK_MS)) {
    await pause(wait, signal);
    upload = await stubbornly(() => asked(id), signal);
  }
  if (!upload.file) throw refusal({ code: "unreadable", title: upload.state, detail: "", ...upload.failure }, 422);
  return upload.file;
}

async function begun(file: File, purpose: Upload["purpose"], courseId: string | null): Promise<Upload> {
  const sha256 = file.size <= HASHED_BYTES && crypto.subtle ? await hash(file) : null;
  return body(api.POST("/api/v1/media/uploads", { params: {}, body: { name: file.name, size_bytes: file.size, type: file.type || "application/octet-stream", purpose, sha256, course_id: courseId } }));
}

const asked = (upload_id: string) => body(api.GET("/api/v1/media/uploads/{upload_id}", { params: { path: { upload_id } } }));

async function hash(file: File): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sent(file: File, upload: Upload, part: Part, signal: AbortSignal | undefined): Promise<void> {
  const piece = file.slice(part.offset, part.offset + part.size_bytes);
  const answer = await fetch(new URL(part.url, location.origin), { method: upload.method, ...(part.fields ? { body: form(part.fields, piece) } : { body: piece, headers: upload.headers }), ...(signal ? { signal } : {}) });
  if (!answer.ok) throw refusal({ code: "unreadable", title: answer.statusText, detail: "" }, answer.status);
}

function refusal(told: Pick<Problem, "code" | "title"> & { detail: string }, status: number): Refusal {
  return new Refusal({ type: "about:blank", status, ...told }, status);
}

function form(fields: Readonly<Record<string, string>>, piece: Blob): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  made.set("file", piece);
  return made;
}
