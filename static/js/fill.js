/* Choose a code: a link with data-fill="id" and data-value puts the value in the box #id and takes the reader there.
   Without JavaScript the link leads to the page with the box filled. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fill]");
    const box = link && document.getElementById(link.dataset.fill);
    if (!box || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    box.value = link.dataset.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
})();

/* What somebody has typed in a search box before the scripts came is searched for when they have come. */
document.addEventListener("htmx:load", (event) => {
  for (const box of event.target.querySelectorAll("input[type=search][hx-get]")) {
    if (box.value !== box.defaultValue) box.dispatchEvent(new Event("search"));
  }
});
