/* Search in a list that is all on the page: data-filter="id" on an input hides the [data-filter-item] elements in #id
   that do not hold every word; data-filter-count="id" names the element that tells how many are left. */
(() => {
  "use strict";

  const plain = (text) => text.toLocaleLowerCase("sv");

  const filter = (input) => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const list = document.getElementById(input.dataset.filter);
    if (!list) return;
    const items = [...list.querySelectorAll("[data-filter-item]")];
    let shown = 0;
    for (const item of items) {
      const text = plain(item.textContent);
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown += 1;
    }
    const count = document.getElementById(input.dataset.filterCount);
    if (count) count.textContent = words.length ? `Visar ${shown} av ${items.length}` : `${items.length} totalt`;
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter(event.target);
  });

  // Enter would send the form around it, and the list is already filtered.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-filter]:not([name])")) event.preventDefault();
  });

  document.querySelectorAll("[data-filter]").forEach(filter);
})();
