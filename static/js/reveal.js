/* Show a password while it is written: data-reveal="id of the field". The field is a password again when sent. */
(() => {
  "use strict";

  const show = (button, isShown) => {
    const input = document.getElementById(button.dataset.reveal);
    if (!input) return;
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
    button.firstChild.textContent = isShown ? "Dölj" : "Visa";
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (button) show(button, button.getAttribute("aria-pressed") !== "true");
  });

  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("[data-reveal]")) show(button, false);
  });
})();
