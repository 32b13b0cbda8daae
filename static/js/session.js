/* Warn five minutes before the session ends. The page keeps time by itself and asks the server only when the end is near:
   another tab may have been used meanwhile. Asking is no sign of life; the button is. Without JavaScript nothing is
   lost either: a form that is sent too late is kept as a draft. */
(() => {
  "use strict";

  const box = document.querySelector("[data-session]");
  if (!box) return;
  const words = box.querySelector("[data-session-text]");
  const goOn = box.querySelector("[data-session-go-on]");
  const link = box.querySelector("[data-session-link]");
  const warn = Number(box.dataset.warn);
  let timer = 0;
  let near = Date.now() + (Number(box.dataset.left) - warn) * 1000;

  const say = (text) => {
    if (words.textContent !== text) words.textContent = text;
  };

  const clock = (seconds) =>
    new Date(Date.now() + seconds * 1000).toLocaleTimeString("sv-SE", { hour: "2-digit", minute: "2-digit" }).replace(":", ".");

  const hasText = () =>
    [...document.querySelectorAll("main form textarea")].some((area) => area.value.trim() && area.value !== area.defaultValue);

  const lookIn = (seconds) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, Math.max(seconds, 1) * 1000);
  };

  const over = () => {
    window.clearTimeout(timer);
    say(
      hasText()
        ? "Du är utloggad. Det du har skrivit finns kvar på sidan: tryck på spara eller skicka som vanligt, så väntar texten på dig när du har loggat in igen."
        : "Du är utloggad, eftersom du inte har gjort något på en stund eller har varit inloggad länge.",
    );
  };

  const show = (seconds, isExtendable, isFresh) => {
    const isOver = seconds <= 0;
    const isNear = !isOver && seconds <= warn;
    const isShown = isOver || isNear || isFresh;
    box.classList.toggle("is-shown", isShown);
    if (isShown) box.setAttribute("aria-label", "Din inloggning");
    if (isShown) box.setAttribute("role", "region");
    box.classList.toggle("is-over", isOver);
    goOn.hidden = !(isNear && isExtendable);
    link.hidden = !isOver || hasText(); // the link would lose what is written
    near = Date.now() + (seconds - warn) * 1000;
    if (isOver) over();
    else if (!isNear) {
      say(isFresh ? `Du är inloggad till kl. ${clock(seconds)}, eller längre om du fortsätter arbeta.` : "");
      lookIn(seconds - warn);
    } else {
      const why = isExtendable ? "eftersom du inte har gjort något på en stund." : "eftersom du har varit inloggad länge. Spara det du håller på med och logga in igen.";
      say(`Du loggas ut kl. ${clock(seconds)}, ${why}`);
      lookIn(Math.min(seconds, 60) + 1);
    }
  };

  const ask = async (options) => {
    try {
      const answer = await window.fetch(box.dataset.session, { headers: { Accept: "application/json" }, ...options });
      const { seconds, extends: isExtendable } = await answer.json();
      show(seconds, isExtendable, options.method === "POST");
    } catch {
      lookIn(30); // no network just now
    }
  };

  const look = () => ask({});

  goOn.addEventListener("submit", async (event) => {
    event.preventDefault();
    await ask({ method: "POST", body: new FormData(goOn) });
    words.focus({ preventScroll: true });
  });

  // A page taken out again after a while, from the history or from behind another tab.
  const lookIfNear = () => {
    if (!document.hidden && Date.now() > near) look();
  };
  document.addEventListener("visibilitychange", lookIfNear);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  lookIn(Number(box.dataset.left) - warn);
})();
