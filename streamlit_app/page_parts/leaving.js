// Whether somebody has just gone on to another page, by one of Streamlit's links or by Back.
//
// Until Python has begun to draw that page, Streamlit takes what a component asks for as asked on
// the page before; it then empties the new page and draws nothing. So what asks by itself, and not
// because somebody clicked, asks no more until the page has been drawn from its beginning:
// `drawing`, which Python sends along, is another one each time.

class Leaving {
  constructor() {
    this.clicked = (event) => {
      // Streamlit has handled it by now; a click that opens another tab is not handled.
      if (event.defaultPrevented && event.target.closest?.("[data-testid=stPageLink]")) this.isLeft = true;
    };
    this.wentBack = () => (this.isLeft = true);
    this.isLeft = false;
    window.addEventListener("click", this.clicked);
    window.addEventListener("popstate", this.wentBack);
  }

  update(drawing) {
    if (drawing !== this.drawing) this.isLeft = false;
    this.drawing = drawing;
  }

  close() {
    window.removeEventListener("click", this.clicked);
    window.removeEventListener("popstate", this.wentBack);
  }
}
