/* Show and hide: data-disclose="id" on a checkbox or radio shows #id while it is checked, data-open-all="id" opens
   every <details> in #id, and a link to a <details> opens it. Without JavaScript everything is shown. */
(() => {
  "use strict";

  const follow = (input) => {
    const target = document.getElementById(input.dataset.disclose);
    if (target) target.hidden = !input.checked;
  };

  const followAll = () => document.querySelectorAll("[data-disclose]").forEach(follow);

  const openTarget = () => {
    const id = decodeURIComponent(window.location.hash.slice(1));
    const target = id && document.getElementById(id);
    const details = target && target.closest("details");
    if (details && !details.open) {
      details.open = true;
      target.scrollIntoView();
    }
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("[type=checkbox], [type=radio]")) followAll();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-all]");
    if (!button) return;
    const all = [...document.getElementById(button.dataset.openAll).querySelectorAll("details")];
    const open = all.some((details) => !details.open);
    for (const details of all) details.open = open;
    button.textContent = open ? "Stäng alla" : "Öppna alla";
  });

  // On paper nothing can be unfolded: open all while printing, then put back.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    for (const details of closed) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });

  window.addEventListener("hashchange", openTarget);
  document.addEventListener("htmx:load", followAll);
  followAll();
  openTarget();
})();
