/* Copy the text of an element: data-copy="id". Where the browser refuses, the text is marked for Ctrl+C. */
(() => {
  "use strict";

  const tell = (button, words) => {
    const label = button.querySelector("[data-copy-text]") ?? button;
    const status = button.parentElement.querySelector("[data-copy-status]");
    const before = button.dataset.words ?? label.textContent;
    button.dataset.words = before;
    label.textContent = words;
    if (status) status.textContent = words;
    window.setTimeout(() => {
      label.textContent = before;
      if (status) status.textContent = "";
    }, 3000);
  };

  const mark = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      tell(button, "Kopierat");
    } catch {
      mark(source);
      tell(button, "Markerat: tryck Ctrl+C");
    }
  });
})();
