import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest)$/;

/** Beside each file what a browser gets that understands it: compressed once, as well as it can be. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        if (!COMPRESSIBLE.test(name)) continue;
        const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
        if (source.length < 1_000) continue;
        this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(source, { level: 9 }) });
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        this.emitFile({ type: "asset", fileName: `${name}.br`, source: brotliCompressSync(source, { params }) });
      }
    },
  };
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
      const files = Object.entries(bundle).filter(([name]) => name.startsWith("assets/") && !/\/(author|operator)/i.test(name));
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
      ["/api", "/socket.io", "/health", "/schema", "/media", "/static"].map((path) => [
        path,
        { target: "http://127.0.0.1:8000", ws: path === "/socket.io" },
      ]),
    ),
  },
});
