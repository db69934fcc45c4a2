import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type Rolldown } from "vite";

const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest)$/;

/** Beside each file what a browser gets that understands it: compressed once, as well as it can be. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    // Of what lies there in the end: other plugins still change chunks while the bundle is made.
    async writeBundle({ dir = "dist" }, bundle) {
      for (const name of Object.keys(bundle).filter((one) => COMPRESSIBLE.test(one))) {
        const source = await readFile(join(dir, name));
        if (source.length < 1_000) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        await writeFile(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }));
        await writeFile(join(dir, `${name}.br`), brotliCompressSync(source, { params }));
      }
    },
  };
}

/** By name, or by the screens that a chunk is of. */
function forStaff(name: string, file: Rolldown.OutputAsset | Rolldown.OutputChunk): boolean {
  const ids = file.type === "chunk" ? [file.facadeModuleId ?? file.moduleIds[0] ?? ""] : file.originalFileNames;
  return /\/(author|operator)/i.test(name) || ids.some((id) => /(^|\/)(author|operator)\//.test(id));
}

/** Tells the service worker which files the client is made of; what only authors and operators open is left out. */
function shell(): Plugin {
  return {
    name: "shell",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const worker = bundle["worker.js"];
      if (worker?.type !== "chunk") return;
      const files = Object.entries(bundle).filter(([name, file]) => name.startsWith("assets/") && !forStaff(name, file));
      const entries = files.map(([name]) => ({ url: `/${name}`, revision: null as string | null }));
      const revision = createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 16);
      entries.push(...["/index.html", "/icon.svg", "/app.webmanifest"].map((url) => ({ url, revision })));
      worker.code = worker.code.replaceAll("__SHELL__", JSON.stringify(entries));
    },
  };
}

export default defineConfig({
  plugins: [react(), shell(), compressed()],
  build: {
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", worker: "app/worker.ts" },
      // The service worker answers for the whole site, so its address never changes.
      output: { entryFileNames: (chunk) => (chunk.name === "worker" ? "worker.js" : "assets/[name]-[hash].js") },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/socket.io", "/health", "/schema", "/media", "/static", "^/pay/[^.]+$"].map((path) => [
        path,
        { target: process.env.LYCEUM_URL ?? "http://127.0.0.1:8000", ws: path === "/socket.io" },
      ]),
    ),
  },
});
