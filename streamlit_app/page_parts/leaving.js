// Whether somebody has just gone on to another page, by one of Streamlit's links or by Back.
//
// Until Python has begun to draw that page, Streamlit takes what a component asks for as asked on
// the page before; it then empties the new page and draws nothing. So what asks by itself, and not
// because somebody clicked, asks no more until the page has been drawn from its beginning:
// `drawing`, which Python sends along, is another one each time. What is drawn of a page after one
// has gone Back from it knows that by its paths, below the one where the pages are.
//
// Streamlit sends what is asked a moment later. Whoever goes on in that moment is let go when it
// is over, or what was asked would be sent after that.

class Leaving {
  constructor(paths) {
    this.paths = paths;
    this.held = [];
    this.hold = (event) => {
      if (!this.isAsking || (event.type === "click" && !leads(event))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.held.push(event);
    };
    this.clicked = (event) => {
      // Streamlit has handled it by now; a click that opens another tab is not handled.
      if (event.defaultPrevented && isPageLink(event)) this.hasGone = true;
    };
    this.wentBack = () => (this.hasGone = true);
    this.hasGone = false;
    for (const type of ["click", "popstate"]) window.addEventListener(type, this.hold, true);
    window.addEventListener("click", this.clicked);
    window.addEventListener("popstate", this.wentBack);
  }

  get isLeft() {
    return this.hasGone || !this.isHere();
  }

  isHere() {
    const script = document.querySelector("script[src*='static/js/']");
    if (!script) return true;
    const root = new URL("../../", script.src).pathname;
    const bare = (path) => path.replace(/\/$/, "");
    return this.paths.some((path) => bare(root + path) === bare(location.pathname));
  }

  update(drawing) {
    if (drawing !== this.drawing) this.hasGone = false;
    this.drawing = drawing;
  }

  // Have Streamlit ask, before anybody goes on.
  askFirst(ask) {
    this.isAsking = true;
    ask();
    // Streamlit waits by a timer like this one, which was set before it.
    setTimeout(() => {
      this.isAsking = false;
      for (const event of this.held.splice(0)) {
        event.target.dispatchEvent(new event.constructor(event.type, event));
      }
    });
  }

  close() {
    for (const type of ["click", "popstate"]) window.removeEventListener(type, this.hold, true);
    window.removeEventListener("click", this.clicked);
    window.removeEventListener("popstate", this.wentBack);
  }
}

function isPageLink(event) {
  return event.target.closest?.("[data-testid=stPageLink]") != null;
}

// In this tab.
function leads(event) {
  return isPageLink(event) && !(event.ctrlKey || event.metaKey || event.shiftKey);
}
