// Keys of the whole page. The page gets the event "key" with what a key stands for.

const EVERYWHERE = { s: "save", o: "open", enter: "run" };
const OUTSIDE_OF_FIELDS = { z: "undo", y: "redo", d: "duplicate" };

function meaning(event) {
  const key = event.key.toLowerCase();
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable=true]");
  if (key === "escape") return "escape";
  if (event.altKey) return "";
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && event.shiftKey) return isTyping ? "" : "redo";
    return EVERYWHERE[key] || (isTyping ? "" : OUTSIDE_OF_FIELDS[key]) || "";
  }
  return key === "/" && !isTyping ? "search" : "";
}

document.addEventListener("keydown", (event) => {
  const name = document.querySelector(".q-dialog") ? "" : meaning(event);
  if (!name) return;
  if (name !== "escape") event.preventDefault();
  // A field sends what was typed when it is left, and a moment after.
  if (name === "save" || name === "run") document.activeElement?.blur();
  // What is typed next goes to the search at once; the page opens the palette of a narrow window.
  if (name === "search") document.querySelector(".palette-search input")?.focus();
  setTimeout(() => emitEvent("key", name));
});

// Arrows go from step to step.
document.addEventListener("keydown", (event) => {
  const step = event.target.closest?.(".step-main");
  const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || !way || event.altKey) return;
  event.preventDefault();
  const all = [...document.querySelectorAll(".step-main")];
  all[all.indexOf(step) + way]?.focus();
});
