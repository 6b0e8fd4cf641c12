import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";

const SERVER = process.env.FLOWDECK_SERVER ?? "http://127.0.0.1:8321";

export default defineConfig({
  plugins: [react(), compress()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    outDir: fileURLToPath(new URL("../src/flowdeck/api/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // no data: addresses where the policy does not allow them
    chunkSizeWarningLimit: 600,
    reportCompressedSize: false,
    // What every page needs is one file, and icons are another; left alone, a cold start asks for 60 to 90.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "initial", tags: ["$initial"], priority: 1 },
            { name: "icons", test: /@tabler[\\/]icons-react/ },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  // The API's guard compares Origin with Host, so the proxy sends the server's own.
  server: {
    proxy: { "/api": { target: SERVER, ws: true, changeOrigin: true, headers: { origin: SERVER } } },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
