/* Where the focus goes: to [data-focus] when a page opens. When htmx has replaced what had the focus, to [data-landing] of
   what came instead; when a page of an error has come in place of the whole, to its <main>. Focus that is elsewhere stays. */
(() => {
  "use strict";

  let hadFocus = false;

  document.addEventListener("htmx:beforeSwap", (event) => {
    hadFocus = event.detail.target.contains(document.activeElement);
  });

  document.addEventListener("htmx:load", (event) => {
    if (!hadFocus || document.activeElement !== document.body) return;
    const came = event.detail.elt;
    const landing = came.querySelector?.("[data-landing]") ?? came.querySelector?.("main");
    landing?.focus({ preventScroll: landing.localName === "main" });
  });

  document.querySelector("[data-focus]")?.focus();
})();
