// Of the $count links in the bar, that of the page itself is the one at $place, from 0; -1 for none.
{
  const pages = document.querySelector(".st-key-pages");
  const mark = () => {
    const links = pages.querySelectorAll("a");
    if (links.length < $count) {
      // Streamlit loads what draws them when it first needs it.
      if (pages.isConnected) requestAnimationFrame(mark);
      return;
    }
    for (const link of links) link.removeAttribute("aria-current");
    const here = links[$place];
    if (!here) return;
    here.setAttribute("aria-current", "page");
    const [link, shown] = [here, pages].map((each) => each.getBoundingClientRect());
    pages.scrollLeft += (link.left + link.right - shown.left - shown.right) / 2;
  };
  mark();
}
