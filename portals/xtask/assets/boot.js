// Loads and starts the app; says so when that fails, since nothing else of the page is there yet.
import init from "./{{script}}";
import { provide } from "./{{chunks}}";

init({ module_or_path: new URL("./{{module}}", import.meta.url) }).then(provide, (error) => {
  console.error(error);
  const text = document.getElementById("boot-text");
  if (!text) return;
  text.textContent = "The page could not be loaded. Check your connection and try again.";
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn btn-primary";
  again.textContent = "Reload";
  again.addEventListener("click", () => location.reload());
  text.after(again);
});
