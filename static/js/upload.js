/* Send a file and show how much of it has gone. The form (data-upload) is posted as always; the answer's <main>
   replaces this page's, so nothing is shown before it is true. */
(() => {
  "use strict";

  let shownPath = "";

  const replacePage = (request) => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    if (!main) {
      window.location.assign(request.responseURL);
      return;
    }
    document.title = page.title;
    window.history.pushState({}, "", request.responseURL);
    shownPath = window.location.pathname;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    window.htmx?.process(main);
    window.scrollTo(0, 0);
    (main.querySelector("[data-focus]") ?? main).focus();
  };

  const send = (form, button) => {
    const progress = form.querySelector("[data-upload-progress]");
    const bar = progress.querySelector("progress");
    const status = progress.querySelector("[data-upload-status]");
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      const share = Math.floor((100 * event.loaded) / event.total);
      bar.value = share;
      status.textContent = `${share}\u00a0% skickat`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      status.textContent = "Filen är skickad. Kontrollerna körs …";
    });
    request.addEventListener("load", () => replacePage(request));
    request.addEventListener("error", () => {
      form.removeAttribute("aria-busy");
      button?.removeAttribute("aria-disabled");
      bar.value = 0;
      status.textContent = "Uppladdningen avbröts. Kontrollera nätet och försök igen.";
    });
    const data = new FormData(form, button);
    form.setAttribute("aria-busy", "true");
    button?.setAttribute("aria-disabled", "true");
    progress.hidden = false;
    request.open("POST", form.getAttribute("action") || window.location.href);
    request.send(data);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-upload]") || event.defaultPrevented) return;
    const input = form.querySelector("[data-file-input]");
    if (!input?.files.length || !form.querySelector("[data-upload-progress]")) return;
    event.preventDefault();
    const isTooLarge = form.querySelector("[data-file-chosen].is-wrong") !== null;
    if (!isTooLarge && form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });

  // Back from a page that was put in place: fetch the one before as usual.
  window.addEventListener("popstate", () => {
    if (shownPath && window.location.pathname !== shownPath) window.location.reload();
  });
})();
