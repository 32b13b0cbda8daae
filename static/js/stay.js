/* What htmx puts into the page while one writes goes in without moving the box: the page is scrolled as far as it grew above.
   Browsers do so too, but hold on to what stands highest in the window (css: overflow-anchor), which is not the box. */
(() => {
  "use strict";

  let box = null;
  let top = 0;

  document.addEventListener("htmx:beforeSwap", () => {
    box = document.activeElement.closest("textarea");
    top = box?.getBoundingClientRect().top;
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (box?.isConnected) window.scrollBy({ top: box.getBoundingClientRect().top - top, behavior: "instant" });
    box = null;
  });
})();
