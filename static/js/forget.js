/* The portal keeps nothing in the browser. htmx notes the page's path in the session storage when it starts; away with it. */
(() => {
  "use strict";

  try {
    window.sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    /* a browser that keeps nothing has nothing to forget */
  }
})();
