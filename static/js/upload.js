/* Send a file and show how much of it has gone. The form (data-upload) is posted as always; the answer's <main>
   replaces this page's, so nothing is shown before it is true. Where no answer comes, or one that is no answer to the file,
   the page stays with the file chosen and says what happened. */
(() => {
  "use strict";

  let shownPath = "";

  const replacePage = (request, page) => {
    const main = page.querySelector("main");
    document.title = page.title;
    window.history.pushState({}, "", request.responseURL);
    shownPath = window.location.pathname;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    for (const script of main.querySelectorAll("script[src]")) {
      const own = Object.assign(document.createElement("script"), { src: script.src, type: script.type });
      script.replaceWith(own); // one that comes with the answer's parts does not run by itself
    }
    window.htmx?.process(main);
    window.scrollTo(0, 0);
    (main.querySelector("[data-focus]") ?? main).focus();
  };

  const megabytes = (bytes) => (bytes / 1e6).toLocaleString("sv", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  // The form goes back to as it was, with the file still chosen, and says in its place what happened.
  const fail = (form, button, words) => {
    form.removeAttribute("aria-busy");
    button?.removeAttribute("aria-disabled");
    form.querySelector("[data-upload-progress]").hidden = true;
    form.querySelector("[data-upload-trouble]").textContent = words;
  };

  const KEPT = "försök igen: filen är fortfarande vald.";
  const CUT_OFF = `Uppladdningen avbröts, och filen är inte mottagen. Kontrollera nätet och ${KEPT}`;
  const NO_ANSWER = "Förbindelsen bröts innan svaret kom. Filen kan vara mottagen: titta under Inlämning, eller försök igen.";
  const SIGNED_OUT = `Du är utloggad, och filen är inte mottagen. Logga in i en ny flik, kom tillbaka hit och ${KEPT}`;
  const STALE = `Sidan hade blivit för gammal för att ta emot filen. Vänta ett ögonblick och ${KEPT}`;
  const TOO_LARGE = "Filen är för stor för att tas emot. Dela upp den, eller skriv till SKR under Meddelanden.";
  const BROKEN = `Något gick fel hos oss. Se under Inlämning om filen är mottagen, eller vänta en stund och ${KEPT}`;

  // What an answer means that is no answer to the file: a refusal in its own words, and what broke with its number.
  const wordsFor = (status, page) => {
    if (page.querySelector("[data-stale-page]")) return STALE;
    if (status === 413) return TOO_LARGE;
    const [reason, number] = [page.querySelector("main .page-head__lead"), page.querySelector("main code")];
    if (status < 500 && reason) return `${reason.textContent.trim()} Filen är inte mottagen.`;
    return number ? `${BROKEN} Kommer felet igen: skriv till SKR och ange ärendenumret ${number.textContent}.` : BROKEN;
  };

  // A page that has been open long, or where somebody has signed in anew, holds an old token: take the one of today.
  const renew = async (form) => {
    const answer = await window.fetch(window.location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("main form [name=csrfmiddlewaretoken]");
    const own = form.querySelector("[name=csrfmiddlewaretoken]");
    if (token && own) own.value = token.value;
  };

  const isSignedOut = (page) => document.querySelector("[data-session]") !== null && page.querySelector("[data-session]") === null;

  const take = (request, form, button) => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const isDone = request.status < 300 && page.querySelector("main") !== null;
    if (isDone ? !isSignedOut(page) : page.querySelector("main [data-file-input]")) {
      replacePage(request, page);
      return;
    }
    form.dataset.stale = "";
    fail(form, button, isDone ? SIGNED_OUT : wordsFor(request.status, page));
  };

  const send = async (form, button) => {
    const progress = form.querySelector("[data-upload-progress]");
    const bar = progress.querySelector("progress");
    const share = progress.querySelector("[data-upload-share]");
    const status = progress.querySelector("[data-upload-status]"); // said aloud: the stages, not each per cent
    const request = new XMLHttpRequest();
    let isSent = false;
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      const percent = Math.floor((100 * event.loaded) / event.total);
      bar.value = percent;
      share.textContent = `${percent}\u00a0% skickat, ${megabytes(event.loaded)} av ${megabytes(event.total)}\u00a0MB`;
    });
    request.upload.addEventListener("load", () => {
      isSent = true;
      bar.removeAttribute("value");
      share.textContent = "";
      status.textContent = "Filen är skickad. Kontrollerna körs …";
    });
    request.addEventListener("load", () => take(request, form, button));
    request.addEventListener("error", () => fail(form, button, isSent ? NO_ANSWER : CUT_OFF));
    form.setAttribute("aria-busy", "true");
    button?.setAttribute("aria-disabled", "true");
    form.querySelector("[data-upload-trouble]").textContent = "";
    bar.value = 0;
    share.textContent = "";
    status.textContent = "Filen skickas …";
    progress.hidden = false;
    if ("stale" in form.dataset) await renew(form).catch(() => undefined);
    delete form.dataset.stale;
    request.open("POST", form.getAttribute("action") || window.location.href);
    request.send(new FormData(form, button));
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
