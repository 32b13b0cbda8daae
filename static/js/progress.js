/* Follow what takes a while: [data-progress] holds the address that tells how far it has come. The page is asked again and what
   differs is shown; nothing is said aloud until it is done, and then once: the text of #utfall-… for #forlopp-….
   What somebody writes on the page stays, and so does the focus. Without JavaScript the browser loads the page again. */
(() => {
  "use strict";

  const PACE = 5000;
  const PATIENCE = 30000; // where no answer came
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");

  const boxes = () => [...document.querySelectorAll("main [data-progress]")];

  const isChanged = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
    return field.value !== field.defaultValue;
  };
  const isInUse = (main) =>
    document.activeElement?.matches("main :is(input, select, textarea)") ||
    [...main.querySelectorAll("input:not([type=hidden]), select, textarea")].some(isChanged);

  // Put what differs in place; what has the focus is left as it is.
  const renew = (old, fresh) => {
    if (old.isEqualNode(fresh) || old === document.activeElement) return;
    const parts = [...fresh.children];
    if (old.contains(document.activeElement) && old.children.length === parts.length) {
      [...old.children].forEach((part, place) => renew(part, parts[place]));
    } else old.replaceWith(document.adoptNode(fresh));
  };

  const replaceMain = (old, fresh) => {
    const id = old.contains(document.activeElement) ? document.activeElement.id || old.id : "";
    old.replaceWith(document.adoptNode(fresh));
    window.htmx?.process(fresh);
    if (id) (document.getElementById(id) ?? fresh).focus({ preventScroll: true });
  };

  const offer = (box, words) => {
    const link = document.createElement("a");
    link.href = window.location.href;
    link.textContent = "Visa resultatet";
    const text = document.createElement("p");
    text.append(words, " ", link);
    box.removeAttribute("data-progress");
    box.querySelector(".notice__body").replaceChildren(text);
  };

  const show = (page, fresh) => {
    const main = document.querySelector("main");
    const done = boxes().filter((box) => !page.getElementById(box.id));
    const words = done.map((box) => page.getElementById(box.id.replace("forlopp", "utfall"))?.textContent ?? "Klart. Sidan är uppdaterad.");
    const text = words.map((one) => one.replace(/\s+/g, " ").trim());
    if (done.length && !isInUse(main)) {
      document.title = page.title;
      replaceMain(main, fresh);
    } else {
      done.forEach((box, place) => offer(box, text[place]));
      for (const box of boxes()) renew(box, page.getElementById(box.id));
    }
    if (done.length) said.textContent = text.join(" ");
  };

  const lookIn = (time) => window.setTimeout(look, time);

  const look = async () => {
    const [first] = boxes();
    if (!first || document.hidden) return lookIn(PACE);
    if (!said.isConnected) document.body.append(said);
    try {
      const answer = await window.fetch(first.dataset.progress);
      if (answer.redirected) return undefined; // signed out meanwhile: the page stays, and the next press leads to the sign-in
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main");
      if (!answer.ok || !fresh) return lookIn(PATIENCE);
      show(page, fresh);
    } catch {
      return lookIn(PATIENCE); // no network just now
    }
    return lookIn(PACE);
  };

  lookIn(PACE);
})();
