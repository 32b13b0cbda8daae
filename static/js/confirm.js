/* Forms: a form is sent once (its button is locked after the press) and a form with data-confirm asks first.
   The server refuses repeats on its own; this only spares the reader a second click. */
(() => {
  "use strict";

  const A_MOMENT = 2000; // the answer is a file (data-download) and the page stays: its form is soon usable again
  const locked = new Set();

  const lock = (form, button) => {
    form.setAttribute("aria-busy", "true");
    locked.add(form);
    if (!button) return;
    button.dataset.words = button.textContent;
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  };

  const unlock = (form) => {
    locked.delete(form);
    form.removeAttribute("aria-busy");
    for (const button of document.querySelectorAll("[data-words]")) {
      if (button.form !== form) continue;
      if (button.dataset.busy) button.textContent = button.dataset.words;
      button.removeAttribute("aria-disabled");
      delete button.dataset.words;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (locked.has(form)) {
      event.preventDefault();
      return;
    }
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (form.hasAttribute("data-upload")) return;
    lock(form, event.submitter);
    if (form.hasAttribute("data-download")) window.setTimeout(() => unlock(form), A_MOMENT);
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form");
    if (form) unlock(form);
  });

  // A page taken back from the browser's history must be usable again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) [...locked].forEach(unlock);
  });
})();
