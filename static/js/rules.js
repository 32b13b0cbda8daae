/* Mark each part of the password rule as it is met: data-rules="id of the password field" holds data-rule="length", "upper",
   "lower", "digit" and "special". The same tests as accounts.passwords, which decides. A screen reader hears what is
   still missing when that changes. */
(() => {
  "use strict";

  const TESTS = {
    length: (text, typed) => [...typed].length >= 8 && [...typed].length <= 128,
    upper: (text) => /\p{Uppercase}/u.test(text),
    lower: (text) => /\p{Lowercase}/u.test(text),
    digit: (text) => /\p{Nd}/u.test(text),
    special: (text) => /[^\p{L}\p{N}]/u.test(text),
  };
  const NAMES = { length: "minst 8 tecken", upper: "versaler", lower: "gemener", digit: "siffror", special: "specialtecken" };

  const mark = (box, typed) => {
    const text = typed.slice(0, 256).normalize("NFKC");
    const missing = [];
    for (const part of box.querySelectorAll("[data-rule]")) {
      const isMet = TESTS[part.dataset.rule](text, typed);
      if (!isMet) missing.push(NAMES[part.dataset.rule]);
      part.classList.toggle("is-met", isMet);
      if (isMet) part.classList.remove("is-missing");
      part.querySelector("[data-rule-words]").textContent = isMet ? " – uppfyllt" : typed ? " – saknas" : "";
    }
    const status = box.querySelector("[data-rules-status]");
    const words = typed === "" ? "" : missing.length ? `Saknas: ${missing.join(", ")}.` : "Alla krav är uppfyllda.";
    if (status.textContent !== words) status.textContent = words;
  };

  document.addEventListener("input", (event) => {
    for (const box of document.querySelectorAll("[data-rules]")) {
      if (box.dataset.rules === event.target.id) mark(box, event.target.value);
    }
  });

  // What was written before this script came, or was filled in by a password manager.
  for (const box of document.querySelectorAll("[data-rules]")) {
    const typed = document.getElementById(box.dataset.rules)?.value;
    if (typed) mark(box, typed);
  }
})();
