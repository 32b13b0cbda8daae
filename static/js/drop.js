/* Choose a file: drop it on [data-file-drop], and see its name and size before it is sent. */
(() => {
  "use strict";

  const size = (bytes) => {
    const [unit, factor, digits] = bytes >= 999500 ? ["MB", 1e6, 1] : ["kB", 1e3, 0];
    return `${(bytes / factor).toLocaleString("sv", { maximumFractionDigits: digits })}\u00a0${unit}`;
  };

  const describe = (input) => {
    const chosen = input.closest("[data-file-drop]")?.querySelector("[data-file-chosen]");
    if (!chosen) return;
    const files = [...input.files];
    const limit = Number(input.dataset.maxBytes ?? Infinity);
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const isTooLarge = total > limit;
    const names = files.map((file) => `${file.name} (${size(file.size)})`).join(", ");
    const isOne = files.length === 1;
    const words = isTooLarge ? ` ${isOne ? "Filen är för stor" : "Filerna är tillsammans för stora"}: högst ${size(limit)}.` : "";
    const what = isOne ? "Vald fil" : `${files.length} valda filer`;
    chosen.textContent = files.length ? `${what}: ${names}.${words}` : "";
    chosen.classList.toggle("is-wrong", isTooLarge);
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-file-input]")) describe(event.target);
  });

  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const zone = event.target.closest?.("[data-file-drop]");
      if (!zone || !event.dataTransfer) return;
      event.preventDefault();
      zone.classList.toggle("is-over", type === "dragenter" || type === "dragover");
      if (type !== "drop" || event.dataTransfer.files.length === 0) return;
      const input = zone.querySelector("[data-file-input]");
      input.files = event.dataTransfer.files;
      describe(input);
    });
  }

  document.querySelectorAll("[data-file-input]").forEach(describe);
})();
