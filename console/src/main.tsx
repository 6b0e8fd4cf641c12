import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./app/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startI18n } from "./app/i18n";
import { shareNonce } from "./app/nonce";
import { reloadWhenReplaced } from "./app/replaced";
import { makeRouter } from "./app/router";

shareNonce();
reloadWhenReplaced();
const router = makeRouter(); // begins to load the page's own chunk, while the texts are on their way
await startI18n();
const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no #root");
}
createRoot(root).render(
  <StrictMode>
    <App router={router} />
  </StrictMode>,
);
