// Sends a file in parts. What arrived once is not sent again: the same file goes on where it stopped.

import { api, body, type Schemas } from "../../app/api";

export type FileOut = Schemas["FileOut"];
type Upload = Schemas["UploadOut"];
type Part = Upload["parts"][number];

const AT_ONCE = 3;
const TRIES = 4;
const PAUSE_MS = 800;
const HASHED_BYTES = 50_000_000;
const LOOK_MS = 1_500;
const PURPOSE = "course";

export interface Sending {
  file: File;
  courseId: string | null;
  /** Of an upload that was begun before. */
  uploadId?: string;
  onProgress: (share: number) => void;
  signal?: AbortSignal;
}

export class NotTaken extends Error {
  override readonly name = "NotTaken";
}

export async function send({ file, courseId, uploadId, onProgress, signal }: Sending): Promise<FileOut> {
  let upload = uploadId ? await asked(uploadId) : await begun(file, courseId);
  const missing = upload.parts.filter((part) => !part.arrived);
  let arrived = upload.size_bytes - missing.reduce((sum, part) => sum + part.size_bytes, 0);
  onProgress(upload.size_bytes ? arrived / upload.size_bytes : 0);
  const queue = [...missing];
  const work = async () => {
    for (let part = queue.shift(); part; part = queue.shift()) {
      await sent(file, upload, part, signal);
      arrived += part.size_bytes;
      onProgress(arrived / upload.size_bytes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (upload.state === "open") upload = await body(api.POST("/api/v1/media/uploads/{upload_id}/complete", { params: { path: { upload_id: upload.id } } }));
  while (upload.state === "processing") {
    await pause(LOOK_MS, signal);
    upload = await asked(upload.id);
  }
  if (!upload.file) throw new NotTaken(upload.failure?.detail || upload.failure?.title || upload.state);
  return upload.file;
}

async function begun(file: File, courseId: string | null): Promise<Upload> {
  const sha256 = file.size <= HASHED_BYTES && crypto.subtle ? await hash(file) : null;
  return body(api.POST("/api/v1/media/uploads", { params: {}, body: { name: file.name, size_bytes: file.size, type: file.type || "application/octet-stream", purpose: PURPOSE, sha256, course_id: courseId } }));
}

const asked = (upload_id: string) => body(api.GET("/api/v1/media/uploads/{upload_id}", { params: { path: { upload_id } } }));

async function hash(file: File): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sent(file: File, upload: Upload, part: Part, signal: AbortSignal | undefined): Promise<void> {
  const piece = file.slice(part.offset, part.offset + part.size_bytes);
  for (let turn = 1; ; turn += 1) {
    try {
      const answer = await fetch(new URL(part.url, location.origin), { method: upload.method, ...(part.fields ? { body: form(part.fields, piece) } : { body: piece, headers: upload.headers }), ...(signal ? { signal } : {}) });
      if (answer.ok) return;
      if (turn >= TRIES || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) throw new NotTaken(answer.statusText || String(answer.status));
    } catch (error) {
      if (error instanceof NotTaken || signal?.aborted || turn >= TRIES) throw error;
    }
    await pause(PAUSE_MS * turn, signal);
  }
}

function form(fields: Readonly<Record<string, string>>, piece: Blob): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  made.set("file", piece);
  return made;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
