// Sets the remembered or the system's colour scheme before anything is painted. Mantine takes over once it runs.
(function () {
  let chosen = null;
  try {
    chosen = localStorage.getItem("flowdeck.color-scheme");
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
